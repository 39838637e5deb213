import type { MigrationInterface, QueryRunner } from 'typeorm'

const ROLE = 'huitong_ledger'

/** Tiers that wait for approval or are decided anew, what other subgraphs say of members, and who was reminded. */
export class TiersAndStanding1795651200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tiers)
    await runner.query(standing)
    await runner.query(reminders)
    await runner.query(grants)
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}

const tiers = `
  alter type document_kind add value 'tier-decision';

  create type tier_reason as enum (
    'reached', 'approved', 'direct', 'bought', 'review', 'rules', 'staff', 'undone', 'merged'
  );
  alter table tier_change add column reason tier_reason not null;

  create table tier_request (
    member_id uuid not null,
    program_key smallint not null,
    tier text not null,
    asked_at timestamptz not null,
    document_id uuid,
    decided_at timestamptz,
    decided_by text,
    approved boolean,
    reason text,
    constraint tier_request_key primary key (member_id, program_key, tier, asked_at),
    constraint tier_request_decided_as_a_whole check (num_nulls(decided_at, decided_by, approved, reason) in (0, 4))
  );
  create index tier_request_open on tier_request (program_key, asked_at, member_id) where decided_at is null;

  create table tier_run (
    id uuid not null constraint tier_run_key primary key,
    program_key smallint not null,
    version integer not null,
    reach text not null,
    reason text not null,
    asked_at timestamptz not null,
    asked_by text not null,
    reached_member uuid,
    seen bigint not null default 0,
    moved bigint not null default 0,
    done_at timestamptz
  );
`

/** Only members of whom there is something to say. Times of tags stand in the list: a tag may go by itself. */
const standing = `
  create table member_standing (
    member_id uuid not null constraint member_standing_key primary key,
    awaits_activation boolean not null default false,
    activated_at timestamptz,
    tags jsonb not null default '[]',
    constraint member_standing_awaits_or_is_active check (not awaits_activation or activated_at is null)
  );
`

const reminders = `
  create table reminder_run (
    program_key smallint not null,
    days_before integer not null,
    reminded_through date not null,
    constraint reminder_run_key primary key (program_key, days_before)
  );
`

const grants = `
  grant select, insert, update on tier_request, tier_run, member_standing, reminder_run to ${ROLE};
`
