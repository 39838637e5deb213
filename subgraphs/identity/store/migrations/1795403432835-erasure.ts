import type { MigrationInterface, QueryRunner } from 'typeorm'

const ROLE = 'huitong_identity'

export class Erasure1795403432835 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table tombstone (
        hash bytea constraint tombstone_key primary key,
        kind text not null,
        erased_at timestamptz not null
      );

      grant select, insert, delete on tombstone to ${ROLE};
      grant delete on member_key, profile, tag_history to ${ROLE};
      create index member_by_survivor on member (merged_into) where merged_into is not null;
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
