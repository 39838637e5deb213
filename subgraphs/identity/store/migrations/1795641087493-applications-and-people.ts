import type { MigrationInterface, QueryRunner } from 'typeorm'

const ROLE = 'huitong_identity'

export class ApplicationsAndPeople1795641087493 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table program_tier (
        program text not null,
        tier text not null,
        place integer not null,
        constraint program_tier_key primary key (program, tier)
      );

      create table application (
        member_id uuid not null,
        id uuid not null,
        kind text not null,
        program text not null,
        tier text,
        node text,
        sealed_words bytea,
        state text not null,
        submitted_by text not null,
        submitted_at timestamptz not null,
        decided_by text,
        decided_at timestamptz,
        decision_reason text,
        constraint application_key primary key (member_id, id),
        constraint application_for_a_tier check ((kind = 'TIER') = (tier is not null)),
        constraint application_decided check ((state = 'SUBMITTED') = (decided_at is null)),
        constraint application_refused_with_a_reason check (state <> 'REFUSED' or decision_reason is not null)
      );
      create unique index application_one_open on application (member_id, kind, program) where state = 'SUBMITTED';
      create index application_by_state on application (state, id);

      create function application_is_decided() returns trigger language plpgsql as $$
        begin
          -- Who is forgotten takes its words along.
          if old.state = 'SUBMITTED' or (new.sealed_words is null
            and (new.state, new.decided_by, new.decided_at) is not distinct from (old.state, old.decided_by, old.decided_at))
          then return new; end if;
          raise exception 'an application is decided once';
        end $$;
      create trigger application_is_decided before update on application
        for each row execute function application_is_decided();

      alter table staff add column guide_code text constraint staff_guide_code_once unique;

      create table company (
        id uuid constraint company_key primary key,
        code text not null constraint company_code_once unique,
        name text not null,
        created_by text not null,
        created_at timestamptz not null
      );

      create table company_executor (
        member_id uuid not null,
        id uuid not null,
        company uuid not null,
        began_at timestamptz not null,
        began_by text not null,
        ended_at timestamptz,
        ended_by text,
        constraint company_executor_key primary key (member_id, id)
      );
      create index company_executor_by_company on company_executor (company, id);

      create table household (
        id uuid constraint household_key primary key,
        name text not null,
        created_at timestamptz not null,
        closed_at timestamptz
      );

      create table household_member (
        member_id uuid not null,
        id uuid not null,
        household uuid not null,
        role text not null,
        joined_at timestamptz not null,
        left_at timestamptz,
        left_because text,
        constraint household_member_key primary key (member_id, id),
        constraint household_member_leaves_with_a_reason check ((left_at is null) = (left_because is null))
      );
      create unique index household_member_of_one on household_member (member_id) where left_at is null;
      create index household_member_by_household on household_member (household, id);

      create table household_invitation (
        hash bytea constraint household_invitation_key primary key,
        household uuid not null,
        role text not null,
        invited_by uuid not null,
        invited_at timestamptz not null,
        expires_at timestamptz not null,
        used_by uuid,
        used_at timestamptz,
        revoked_at timestamptz
      );
      create index household_invitation_by_household on household_invitation (household);
      create index household_invitation_by_end on household_invitation (expires_at);

      create table community_group (
        id uuid constraint community_group_key primary key,
        name text not null,
        platform text not null,
        platform_id text not null,
        owner text not null,
        node text,
        purpose text not null,
        state text not null,
        registered_by text not null,
        registered_at timestamptz not null,
        decided_by text,
        decided_at timestamptz,
        decision_reason text,
        closed_at timestamptz,
        constraint community_group_once unique (platform, platform_id)
      );

      alter table member add column activated_at timestamptz;

      grant select, insert, update on application, company, company_executor, household, household_member, household_invitation,
        community_group to ${ROLE};
      grant select, insert, update, delete on program_tier to ${ROLE};
      grant delete on household_invitation to ${ROLE};
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
