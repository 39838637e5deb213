import type { MigrationInterface, QueryRunner } from 'typeorm'
import { HOMEWARD } from '../../domain/homeward.ts'

const ROLE = 'huitong_ledger'

/** What is on its way to members that came out of a merge; and what waits may wait on in another account. */
export class Homeward1796009000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(kinds)
    await runner.query(table)
    await runner.query(
      'insert into origin (origin_key, channel, operator) overriding system value values (0, $1, $2)',
      [HOMEWARD.channel, HOMEWARD.operator],
    )
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const kinds = `
  alter type entry_kind add value 'hand-over';
  alter type entry_kind add value 'take-over';

  create or replace function debit_of(kind entry_kind) returns ledger_account language sql immutable parallel safe
    return (case kind::text
      when 'earn' then 'issuance' when 'grant' then 'issuance' when 'await' then 'issuance'
      when 'correct' then 'issuance'
      when 'mature' then 'pending' when 'cancel' then 'pending' when 'repay' then 'pending'
      when 'hand-over' then 'pending'
      when 'capture' then 'held' when 'release' then 'held'
      when 'refund' then 'redemption' when 'restore' then 'breakage'
      when 'receive' then 'transit' when 'take-over' then 'transit'
      when 'top-up' then 'payment' when 'prepay' then 'payment'
      else 'member'
    end)::ledger_account;
  create or replace function credit_of(kind entry_kind) returns ledger_account language sql immutable parallel safe
    return (case kind::text
      when 'await' then 'pending' when 'prepay' then 'pending' when 'postpone' then 'pending'
      when 'take-over' then 'pending'
      when 'hold' then 'held'
      when 'redeem' then 'redemption' when 'capture' then 'redemption'
      when 'reverse' then 'issuance' when 'cancel' then 'issuance'
      when 'expire' then 'breakage' when 'deduct' then 'adjustment'
      when 'send' then 'transit' when 'hand-over' then 'transit'
      when 'withdraw' then 'payment' when 'repay' then 'payment'
      else 'member'
    end)::ledger_account;
`

const table = `
  create table homeward (
    member_id uuid not null,
    document_id uuid not null,
    program_key smallint not null,
    origin_id uuid not null,
    kind text not null constraint homeward_kind_known check (kind in ('lots', 'return')),
    lots text not null,
    left_at timestamptz not null,
    constraint homeward_key primary key (member_id, document_id)
  );
  grant select, insert, delete on homeward to ${ROLE};
`
