import type { MigrationInterface, QueryRunner } from 'typeorm'
import { commandTable } from '../../../../kernel/commands/tables.ts'
import { eventTables } from '../../../../kernel/events/tables.ts'

const ROLE = 'huitong_ledger'

/** The books: programmes, accounts, wallets, lots, and the journal of documents and entries. */
export class Books1795338000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(programs)
    await runner.query(accounts)
    await runner.query(journal)
    await runner.query(eventTables(ROLE))
    await runner.query(commandTable(ROLE))
    await runner.query(grants)
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const programs = `
  create table program (
    program_key smallint generated always as identity constraint program_key primary key,
    id text not null constraint program_id_once unique,
    version integer not null
  );
  create table program_version (
    program_key smallint not null,
    version integer not null,
    source text not null,
    document jsonb not null,
    published_at timestamptz not null,
    published_by text not null,
    constraint program_version_key primary key (program_key, version)
  );
  create table multiplier (
    program text not null,
    campaign text not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    factor text not null,
    condition text,
    constraint multiplier_key primary key (program, campaign)
  );
`

/**
 * The account row is what a posting locks; all else of the member in the programme lies under that lock. Pages are
 * left part empty, so that updates stay on them (HOT).
 */
const accounts = `
  create type asset as enum ('points', 'growth');

  create table account (
    member_id uuid not null,
    program_key smallint not null,
    tier text not null,
    tier_since timestamptz,
    tier_until date,
    tier_changes integer not null default 0,
    next_due date not null default 'infinity',
    opened_at timestamptz not null,
    constraint account_key primary key (member_id, program_key)
  ) with (fillfactor = 70);
  create index account_by_due_day on account (next_due) where next_due < 'infinity';

  create table wallet (
    member_id uuid not null,
    program_key smallint not null,
    asset asset not null,
    available bigint not null,
    held bigint not null default 0,
    pending bigint not null default 0,
    owed bigint not null default 0,
    earned bigint not null,
    spent bigint not null,
    expired bigint not null,
    reversed bigint not null default 0,
    seq integer not null,
    head bytea not null,
    constraint wallet_key primary key (member_id, program_key, asset),
    constraint wallet_parts_not_negative check (least(available, held, pending, owed, earned, spent, expired, reversed) >= 0),
    constraint wallet_adds_up check (earned + owed - spent - expired - reversed = available + held + pending),
    constraint wallet_owes_or_has check (owed = 0 or available = 0)
  ) with (fillfactor = 60);

  create table lot (
    member_id uuid not null,
    program_key smallint not null,
    asset asset not null,
    expires_on date not null,
    class text not null default '',
    earned bigint not null,
    remaining bigint not null,
    held bigint not null default 0,
    used bigint not null default 0,
    expired bigint not null default 0,
    reversed bigint not null default 0,
    constraint lot_key primary key (member_id, program_key, asset, expires_on, class),
    constraint lot_parts_not_negative check (least(earned, remaining, held, used, expired, reversed) >= 0),
    constraint lot_adds_up check (remaining + held + used + expired + reversed = earned)
  ) with (fillfactor = 70);
`

const journal = `
  create type document_kind as enum ('purchase', 'grant', 'redemption');
  create type entry_kind as enum ('earn', 'grant', 'redeem', 'expire');
  create type ledger_account as enum ('member', 'issuance', 'redemption', 'breakage');

  create table document (
    member_id uuid not null,
    id uuid not null,
    program_key smallint not null,
    rule_version integer not null,
    kind document_kind not null,
    channel text not null,
    number text not null,
    store text,
    operator text not null,
    amount bigint,
    lines jsonb,
    awards jsonb,
    tier_before text not null,
    tier_after text not null,
    effective_at timestamptz not null,
    recorded_at timestamptz not null,
    body bytea not null,
    constraint document_key primary key (member_id, id),
    constraint document_amount_not_negative check (amount >= 0)
  );

  create table purchase_owner (
    document_id uuid not null constraint purchase_owner_key primary key,
    member_id uuid not null
  );

  create table entry (
    member_id uuid not null,
    program_key smallint not null,
    asset asset not null,
    seq integer not null,
    document_id uuid,
    kind entry_kind not null,
    debit ledger_account not null,
    credit ledger_account not null,
    amount bigint not null,
    available_after bigint not null,
    owed_after bigint not null,
    lots text not null,
    effective_at timestamptz not null,
    recorded_at timestamptz not null,
    hash bytea not null,
    constraint entry_key primary key (member_id, program_key, asset, seq),
    constraint entry_moves_something check (amount > 0),
    constraint entry_has_two_sides check (debit <> credit and 'member' in (debit, credit)),
    constraint entry_balances_not_negative check (available_after >= 0 and owed_after >= 0)
  );

  create table tier_change (
    member_id uuid not null,
    program_key smallint not null,
    sequence integer not null,
    from_tier text not null,
    to_tier text not null,
    at timestamptz not null,
    document_id uuid,
    constraint tier_change_key primary key (member_id, program_key, sequence)
  );

  create function refuse_change() returns trigger language plpgsql as $$
  begin
    raise exception 'the journal is append-only: % on % is refused', tg_op, tg_table_name;
  end $$;

  create trigger document_is_append_only before update or delete or truncate on document
    for each statement execute function refuse_change();
  create trigger entry_is_append_only before update or delete or truncate on entry
    for each statement execute function refuse_change();
  create trigger tier_change_is_append_only before update or delete or truncate on tier_change
    for each statement execute function refuse_change();
`

const grants = `
  grant select, insert, update on program to ${ROLE};
  grant select, insert on program_version to ${ROLE};
  grant select, insert, update, delete on multiplier to ${ROLE};
  grant select, insert, update on account, wallet, lot to ${ROLE};
  grant select, insert on document, purchase_owner, entry, tier_change to ${ROLE};
`
