import type { MigrationInterface, QueryRunner } from 'typeorm'
import { mergedMemberTables } from '../../../../kernel/members/tables.ts'

/** Members who became one: where their ids lead, and documents of what goes from one account into the other. */
export class MergedMembers1795650100001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(mergedMemberTables('huitong_ledger'))
    await runner.query(`
      alter type document_kind add value 'merge-out';
      alter type document_kind add value 'merge-in';
      alter type document_kind add value 'set-aside';
    `)
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}
