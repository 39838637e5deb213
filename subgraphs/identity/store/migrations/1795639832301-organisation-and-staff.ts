import type { MigrationInterface, QueryRunner } from 'typeorm'

const ROLE = 'huitong_identity'

export class OrganisationAndStaff1795639832301 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table organisation_node (
        id text constraint organisation_node_key primary key,
        kind text not null,
        name text not null,
        parent text,
        path text not null,
        created_by text not null,
        created_at timestamptz not null,
        closed_at timestamptz,
        constraint organisation_node_lies_on_its_path check (right(path, length(id) + 2) = '/' || id || '/')
      );
      create index organisation_node_by_path on organisation_node (path text_pattern_ops);

      alter table staff
        add column login text constraint staff_login_once unique,
        add column node text,
        add column open_id text constraint staff_open_id_once unique,
        add column password_hash text,
        add column sealed_totp bytea,
        add column totp_step bigint,
        add column created_by text,
        add column closed_at timestamptz,
        add constraint staff_secrets_together check ((password_hash is null) = (sealed_totp is null));

      create table staff_change (
        staff_id text not null,
        id uuid not null,
        change text not null,
        detail jsonb not null,
        changed_by text not null,
        changed_at timestamptz not null,
        constraint staff_change_key primary key (staff_id, id)
      );
      create trigger staff_change_is_final before update or delete on staff_change
        for each row execute function record_is_final();

      create table staff_session (
        id uuid constraint staff_session_key primary key,
        staff_id text not null,
        started_at timestamptz not null,
        used_at timestamptz,
        revoked_at timestamptz,
        revoked_because text
      );
      create index staff_session_by_staff on staff_session (staff_id);
      create index staff_session_by_end on staff_session (revoked_at) where revoked_at is not null;

      create table staff_refresh_token (
        hash bytea constraint staff_refresh_token_key primary key,
        session_id uuid not null,
        issued_at timestamptz not null,
        expires_at timestamptz not null,
        used_at timestamptz,
        used_with text
      );
      create index staff_refresh_token_by_session on staff_refresh_token (session_id);
      create index staff_refresh_token_by_end on staff_refresh_token (expires_at);

      create table guide_binding (
        member_id uuid not null,
        id uuid not null,
        guide text not null,
        bound_because text not null,
        bound_by text not null,
        bound_at timestamptz not null,
        ended_because text,
        ended_by text,
        ended_at timestamptz,
        constraint guide_binding_key primary key (member_id, id),
        constraint guide_binding_ends_with_a_reason check ((ended_at is null) = (ended_because is null))
      );
      create unique index guide_binding_one_at_a_time on guide_binding (member_id) where ended_at is null;
      create index guide_binding_by_guide on guide_binding (guide) where ended_at is null;
      create index member_by_store on member (joined_store, member_id) where joined_store is not null;

      grant select, insert, update on organisation_node, staff_session, guide_binding to ${ROLE};
      grant select, insert on staff_change to ${ROLE};
      grant select, insert, update, delete on staff_refresh_token to ${ROLE};
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
