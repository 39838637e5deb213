import type { MigrationInterface, QueryRunner } from 'typeorm'
import { conditionFunctions } from '../../../../kernel/conditions/sql.ts'
import { knownProgramTable } from '../../../../kernel/programs/tables.ts'

const ROLE = 'huitong_identity'

export class FactsAndSegments1795399598301 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(conditionFunctions(ROLE))
    await runner.query(knownProgramTable(ROLE))
    await runner.query(`
      create table member_fact (
        member_id uuid constraint member_fact_key primary key,
        joined_at timestamptz not null,
        joined_channel text not null,
        joined_store text,
        gender text,
        birth_month integer,
        province text,
        tags jsonb not null,
        tags_until timestamptz
      );
      create index member_fact_by_tag on member_fact using gin (tags);
      create index member_fact_by_tags_until on member_fact (tags_until) where tags_until is not null;

      create table account_fact (
        member_id uuid not null,
        program text not null,
        tier text,
        tier_since timestamptz,
        points bigint not null default 0,
        growth bigint not null default 0,
        campaigns text[] not null default '{}',
        first_at timestamptz,
        last_at timestamptz,
        purchases bigint not null default 0,
        spent bigint not null default 0,
        purchases_30 bigint not null default 0,
        spent_30 bigint not null default 0,
        purchases_90 bigint not null default 0,
        spent_90 bigint not null default 0,
        purchases_365 bigint not null default 0,
        spent_365 bigint not null default 0,
        windows_until date,
        constraint account_fact_key primary key (member_id, program)
      );
      create index account_fact_by_windows_until on account_fact (program, windows_until)
        where windows_until is not null;

      create table purchase_day (
        member_id uuid not null,
        program text not null,
        day date not null,
        purchases bigint not null,
        spent bigint not null,
        constraint purchase_day_key primary key (member_id, program, day)
      );

      create table fact_source (
        source text constraint fact_source_key primary key,
        event_at timestamptz not null,
        applied_at timestamptz not null
      );

      create table segment (
        id text constraint segment_key primary key,
        name text not null,
        description text not null,
        program text not null,
        condition text not null,
        status text not null,
        refresh text not null,
        version integer not null,
        members bigint,
        counted_at timestamptz,
        updated_at timestamptz not null,
        updated_by text not null,
        constraint segment_status_known check (status in ('DRAFT', 'LIVE', 'ARCHIVED'))
      );

      create table segment_change (
        segment_id text not null,
        id uuid not null,
        change text not null,
        version integer not null,
        condition text not null,
        changed_at timestamptz not null,
        changed_by text not null,
        constraint segment_change_key primary key (segment_id, id)
      );

      create table segment_snapshot (
        id uuid constraint segment_snapshot_key primary key,
        segment_id text not null,
        segment_version integer not null,
        condition text not null,
        members bigint not null,
        taken_at timestamptz not null,
        taken_by text not null
      );
      create index segment_snapshot_by_segment on segment_snapshot (segment_id, id);

      create table segment_snapshot_member (
        member_id uuid not null,
        snapshot_id uuid not null,
        constraint segment_snapshot_member_key primary key (member_id, snapshot_id)
      );
      create index segment_snapshot_member_in_order on segment_snapshot_member (snapshot_id, member_id);

      create function segment_record_is_final() returns trigger language plpgsql as $$
        begin raise exception '% is append-only', tg_table_name; end $$;
      create trigger segment_change_is_final before update or delete on segment_change
        for each row execute function segment_record_is_final();
      create trigger segment_snapshot_is_final before update or delete on segment_snapshot
        for each row execute function segment_record_is_final();
      create trigger segment_snapshot_member_is_final before update or delete on segment_snapshot_member
        for each row execute function segment_record_is_final();

      grant select, insert, update, delete on member_fact, account_fact, purchase_day, fact_source to ${ROLE};
      grant select, insert, update on segment to ${ROLE};
      grant select, insert on segment_change, segment_snapshot, segment_snapshot_member to ${ROLE};
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
