import type { MigrationInterface, QueryRunner } from 'typeorm'

const ROLE = 'huitong_ledger'

/** On which figures channels that tell balances agreed with the books. */
export class SyncedBalances1796007600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter type document_kind add value 'balance-sync';

      create table synced_balance (
        member_id uuid not null,
        program_key smallint not null,
        channel text not null,
        account bytea not null,
        agreed bigint not null,
        told_at timestamptz not null,
        document_id uuid not null,
        constraint synced_balance_key primary key (member_id, program_key, channel, account),
        constraint synced_balance_not_negative check (agreed >= 0)
      );
      grant select, insert, update, delete on synced_balance to ${ROLE};
    `)
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}
