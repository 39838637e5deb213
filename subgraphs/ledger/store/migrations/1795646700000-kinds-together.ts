import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * The two sides of each kind of entry, as `domain/entry.ts` has them: two migrations before knew of some each. They are
 * bound when they are made, and answer whatever the search path of who asks.
 */
export class KindsTogether1795646700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create or replace function debit_of(kind entry_kind) returns ledger_account
      language sql immutable parallel safe
        return (case kind::text
          when 'earn' then 'issuance' when 'grant' then 'issuance' when 'await' then 'issuance'
          when 'correct' then 'issuance'
          when 'mature' then 'pending' when 'cancel' then 'pending' when 'repay' then 'pending'
          when 'capture' then 'held' when 'release' then 'held'
          when 'refund' then 'redemption' when 'restore' then 'breakage' when 'receive' then 'transit'
          when 'top-up' then 'payment' when 'prepay' then 'payment'
          else 'member'
        end)::ledger_account;
      create or replace function credit_of(kind entry_kind) returns ledger_account
      language sql immutable parallel safe
        return (case kind::text
          when 'await' then 'pending' when 'prepay' then 'pending' when 'postpone' then 'pending'
          when 'hold' then 'held'
          when 'redeem' then 'redemption' when 'capture' then 'redemption'
          when 'reverse' then 'issuance' when 'cancel' then 'issuance'
          when 'expire' then 'breakage' when 'deduct' then 'adjustment' when 'send' then 'transit'
          when 'withdraw' then 'payment' when 'repay' then 'payment'
          else 'member'
        end)::ledger_account;
    `)
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}
