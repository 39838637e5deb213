import type { MigrationInterface, QueryRunner } from 'typeorm'

const ROLE = 'huitong_ledger'

/**
 * Points that are held while an order is open, what a return needs, and order of effect: when something last took effect
 * in an account, and since when what comes late changes nothing but sums. New values of a type may not be spoken of in
 * the transaction that makes them, so kinds are compared as texts.
 */
export class HoldsAndReturns1795644000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(kinds)
    await runner.query(accounts)
    await runner.query(holds)
    await runner.query(multipliers)
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const kinds = `
  alter type document_kind add value 'hold';
  alter type document_kind add value 'capture';
  alter type document_kind add value 'release';
  alter type document_kind add value 'return';
  alter type entry_kind add value 'correct';
  alter type entry_kind add value 'postpone';

  create or replace function debit_of(kind entry_kind) returns ledger_account language sql immutable strict parallel safe
  as $$
    select (case kind::text
      when 'earn' then 'issuance' when 'grant' then 'issuance' when 'await' then 'issuance'
      when 'correct' then 'issuance'
      when 'mature' then 'pending' when 'cancel' then 'pending'
      when 'capture' then 'held' when 'release' then 'held'
      when 'refund' then 'redemption' when 'restore' then 'breakage' when 'receive' then 'transit'
      when 'top-up' then 'payment'
      else 'member'
    end)::ledger_account
  $$;
  create or replace function credit_of(kind entry_kind) returns ledger_account language sql immutable strict parallel safe
  as $$
    select (case kind::text
      when 'await' then 'pending' when 'postpone' then 'pending' when 'hold' then 'held'
      when 'redeem' then 'redemption' when 'capture' then 'redemption'
      when 'reverse' then 'issuance' when 'cancel' then 'issuance'
      when 'expire' then 'breakage' when 'deduct' then 'adjustment' when 'send' then 'transit'
      when 'withdraw' then 'payment'
      else 'member'
    end)::ledger_account
  $$;
`

/** Open holds stand in the account's row: `id lapses amount captured released lots`, parted by `|`. */
const accounts = `
  create function total_held(holds text) returns bigint language plpgsql immutable strict parallel safe as $$
  declare
    total bigint := 0;
    held text;
  begin
    foreach held in array string_to_array(holds, '|') loop
      total := total + split_part(held, ' ', 3)::bigint - split_part(held, ' ', 4)::bigint
                     - split_part(held, ' ', 5)::bigint;
    end loop;
    return total;
  end $$;

  alter table account
    add column holds text not null default '',
    add column latest_at timestamptz not null default 'epoch',
    add column fixed_at timestamptz not null default 'epoch',
    add constraint points_held_is_its_holds check (
      case when holds = '' then points_held = 0 else points_held = total_held(holds) end
    );
`

const holds = `
  create table hold (
    member_id uuid not null,
    program_key smallint not null,
    id uuid not null,
    amount bigint not null,
    captured bigint not null,
    released bigint not null,
    lapses_at timestamptz not null,
    closed_by text,
    constraint hold_key primary key (member_id, id),
    constraint hold_parts_not_negative check (least(captured, released) >= 0 and amount > 0),
    constraint hold_gives_no_more_than_it_has check (captured + released <= amount),
    constraint hold_closed_when_resolved check ((closed_by is not null) = (captured + released = amount)),
    constraint hold_closed_by_something check (closed_by in ('capture', 'release', 'lapse'))
  );
  create index hold_by_lapse on hold (lapses_at) where closed_by is null;
  grant select, insert, update on hold to ${ROLE};
`

/** What was in force when a purchase was recorded stays known: placed once more, it earns by the same. */
const multipliers = `
  alter table multiplier add column known_from timestamptz not null default 'epoch';
  create table past_multiplier (
    program text not null,
    campaign text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    factor text not null,
    condition text,
    known_from timestamptz not null,
    known_until timestamptz not null,
    constraint past_multiplier_key primary key (program, campaign, known_until)
  );
  grant select, insert on past_multiplier to ${ROLE};
`
