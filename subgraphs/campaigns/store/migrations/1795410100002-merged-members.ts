import type { MigrationInterface, QueryRunner } from 'typeorm'
import { roleOf } from '../../../../kernel/db/open-database.ts'
import { mergedMemberTables } from '../../../../kernel/members/tables.ts'

const role = roleOf('campaigns')

export class MergedMembers1795410100002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(mergedMemberTables(role))
    await runner.query(`
      alter table participation add column set_aside_by uuid;
      grant update (set_aside_by) on participation to ${role};
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
