import type { MigrationInterface, QueryRunner } from 'typeorm'

const ROLE = 'huitong_ledger'

/** Corrections with four eyes, transfers under way, flags, clearing of partners, and terminals of stores. */
export class ConductAndPartners1795645800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(kinds)
    await runner.query(tables)
    await runner.query(grants)
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

/**
 * New values cannot be used in the transaction that adds them: the functions that speak of them are checked when they
 * first run.
 */
const kinds = `
  alter type entry_kind add value 'prepay' before 'withdraw';
  alter type entry_kind add value 'repay' before 'withdraw';
  alter type document_kind add value 'top-up';
  alter type document_kind add value 'spend';
  alter type document_kind add value 'withdrawal';
  alter type document_kind add value 'plan-stop';
  alter type document_kind add value 'transfer-out';
  alter type document_kind add value 'transfer-in';
  alter type document_kind add value 'adjustment';

  set local check_function_bodies = off;
  create or replace function debit_of(kind entry_kind) returns ledger_account
  language sql immutable strict parallel safe as $$
    select (case kind
      when 'earn' then 'issuance' when 'grant' then 'issuance' when 'await' then 'issuance'
      when 'mature' then 'pending' when 'cancel' then 'pending' when 'repay' then 'pending'
      when 'capture' then 'held' when 'release' then 'held'
      when 'refund' then 'redemption' when 'restore' then 'breakage' when 'receive' then 'transit'
      when 'top-up' then 'payment' when 'prepay' then 'payment'
      else 'member'
    end)::ledger_account
  $$;
  create or replace function credit_of(kind entry_kind) returns ledger_account
  language sql immutable strict parallel safe as $$
    select (case kind
      when 'await' then 'pending' when 'prepay' then 'pending' when 'hold' then 'held'
      when 'redeem' then 'redemption' when 'capture' then 'redemption'
      when 'reverse' then 'issuance' when 'cancel' then 'issuance'
      when 'expire' then 'breakage' when 'deduct' then 'adjustment' when 'send' then 'transit'
      when 'withdraw' then 'payment' when 'repay' then 'payment'
      else 'member'
    end)::ledger_account
  $$;
`

const tables = `
  create table transfer (
    id uuid not null constraint transfer_key primary key,
    program_key smallint not null,
    from_member uuid not null,
    to_member uuid not null,
    points bigint not null,
    key text not null,
    operator text not null,
    asked_at timestamptz not null,
    state text not null,
    refusal jsonb,
    constraint transfer_has_two_sides check (from_member <> to_member),
    constraint transfer_state_known check (state in ('asked', 'received', 'refused')),
    constraint transfer_refusal_goes_with_refused check ((state = 'refused') = (refusal is not null))
  );
  create index transfer_under_way on transfer (asked_at) where state = 'asked';

  create table adjustment (
    member_id uuid not null,
    id uuid not null,
    program_key smallint not null,
    direction text not null,
    points bigint not null,
    reason text not null,
    document text not null,
    state text not null,
    requested_by text not null,
    requested_at timestamptz not null,
    ends_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    note text,
    refusal text,
    constraint adjustment_key primary key (member_id, id),
    constraint adjustment_direction_known check (direction in ('grant', 'deduct')),
    constraint adjustment_state_known check (
      state in ('requested', 'approved', 'posted', 'rejected', 'ended', 'refused')
    ),
    constraint adjustment_has_four_eyes check (decided_by <> requested_by)
  );
  create index adjustment_by_id on adjustment (id);
  create index adjustment_by_time on adjustment (requested_at, id);
  create index adjustment_under_way on adjustment (state) where state in ('requested', 'approved');

  create table flag (
    id uuid not null constraint flag_key primary key,
    program_key smallint not null,
    rule text not null,
    subject text not null,
    "window" text not null,
    evidence jsonb not null,
    raised_at timestamptz not null,
    state text not null default 'open',
    resolved_by text,
    resolved_at timestamptz,
    note text,
    constraint flag_once unique (program_key, rule, subject, "window"),
    constraint flag_state_known check (state in ('open', 'harmless', 'confirmed')),
    constraint flag_is_resolved_by_somebody check ((state = 'open') = (resolved_by is null))
  );
  create index flag_by_time on flag (raised_at, id);

  create table conduct (
    document_id uuid not null constraint conduct_key primary key,
    program_key smallint not null,
    at timestamptz not null,
    kind text not null,
    member_id uuid not null,
    operator text not null,
    device text
  );
  create index conduct_by_time on conduct (program_key, at);

  create table clearing (
    program_key smallint not null,
    month text not null,
    issuer text not null,
    honourer text not null,
    points bigint not null,
    money bigint not null,
    constraint clearing_key primary key (program_key, month, issuer, honourer)
  );
  create table clearing_month (
    program_key smallint not null,
    month text not null,
    rolled_up_at timestamptz not null,
    constraint clearing_month_key primary key (program_key, month)
  );

  create table terminal (
    device_id text not null constraint terminal_key primary key,
    store text not null,
    channel text not null,
    public_key text,
    registered_by text not null,
    registered_at timestamptz not null,
    revoked_at timestamptz
  );
  create table terminal_event (
    device_id text not null,
    sequence bigint not null,
    digest bytea not null,
    received_at timestamptz not null,
    recorded_at timestamptz,
    constraint terminal_event_key primary key (device_id, sequence),
    constraint terminal_event_counts_from_one check (sequence > 0)
  );
`

const grants = `
  grant select, insert, update on transfer, adjustment, flag, terminal, terminal_event to ${ROLE};
  grant select, insert, delete on conduct to ${ROLE};
  grant select, insert on clearing, clearing_month to ${ROLE};
`
