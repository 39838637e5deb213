import type { MigrationInterface, QueryRunner } from 'typeorm'
import { roleOf } from '../../../../kernel/db/open-database.ts'
import { mergedMemberTables } from '../../../../kernel/members/tables.ts'

const role = roleOf('benefits')

export class MergedMembers1795410100001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(mergedMemberTables(role))
    await runner.query(`
      alter table entitlement add column set_aside_by uuid;
      grant update (set_aside_by) on entitlement to ${role};
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
