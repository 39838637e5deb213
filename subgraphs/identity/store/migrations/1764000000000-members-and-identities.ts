import type { MigrationInterface, QueryRunner } from 'typeorm'
import { commandTable } from '../../../../kernel/commands/tables.ts'
import { eventTables } from '../../../../kernel/events/tables.ts'

const ROLE = 'huitong_identity'

export class MembersAndIdentities1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(eventTables(ROLE))
    await runner.query(commandTable(ROLE))
    await runner.query(`
      create sequence member_number_serial minvalue 100000000 maxvalue 999999999;

      create table member (
        member_id uuid constraint member_by_id primary key,
        number text not null,
        status text not null,
        joined_at timestamptz not null,
        joined_channel text not null,
        joined_store text,
        merged_into uuid
      );

      create table identifier (
        hash bytea not null,
        kind text not null,
        scope text not null,
        member_id uuid not null,
        constraint identifier_key primary key (hash, kind, scope)
      );

      create table channel_identity (
        member_id uuid not null,
        id uuid not null,
        kind text not null,
        scope text not null,
        hash bytea not null,
        value text,
        sealed_value bytea,
        channel text not null,
        source text not null,
        strength text not null,
        verified_at timestamptz not null,
        constraint channel_identity_key primary key (member_id, id),
        constraint channel_identity_once unique (member_id, kind, scope, hash),
        constraint channel_identity_clear_or_sealed check ((value is null) <> (sealed_value is null))
      );

      create table member_key (
        member_id uuid constraint member_key_key primary key,
        wrapped bytea not null
      );

      create table profile (
        member_id uuid constraint profile_key primary key,
        sealed bytea not null,
        version integer not null,
        updated_at timestamptz not null
      );

      create table tag (
        member_id uuid not null,
        dimension text not null,
        name text not null,
        source text not null,
        value text not null,
        set_by text not null,
        confidence double precision not null,
        expires_at timestamptz,
        set_at timestamptz not null,
        constraint tag_key primary key (member_id, dimension, name, source)
      );

      create table tag_history (
        member_id uuid not null,
        id uuid not null,
        change text not null,
        dimension text not null,
        name text not null,
        source text not null,
        value text not null,
        changed_by text not null,
        confidence double precision not null,
        expires_at timestamptz,
        changed_at timestamptz not null,
        constraint tag_history_key primary key (member_id, id)
      );

      create table one_time_code (
        phone_hash bytea not null,
        id uuid not null,
        purpose text not null,
        tries_left integer not null,
        requested_at timestamptz not null,
        expires_at timestamptz not null,
        used_at timestamptz,
        constraint one_time_code_key primary key (phone_hash, id)
      );
      create index one_time_code_by_end on one_time_code (expires_at);

      create table session (
        member_id uuid not null,
        id uuid not null,
        channel text not null,
        started_at timestamptz not null,
        revoked_at timestamptz,
        revoked_because text,
        constraint session_key primary key (member_id, id)
      );

      create table refresh_token (
        hash bytea constraint refresh_token_key primary key,
        member_id uuid not null,
        session_id uuid not null,
        issued_at timestamptz not null,
        expires_at timestamptz not null,
        used_at timestamptz,
        used_with text
      );
      create index refresh_token_by_session on refresh_token (session_id);
      create index refresh_token_by_end on refresh_token (expires_at);

      create table staff (
        id text constraint staff_key primary key,
        name text not null,
        role text not null,
        store text,
        created_at timestamptz not null
      );

      create table oauth_client (
        id text constraint oauth_client_key primary key,
        kind text not null,
        partner_id text,
        channel text,
        created_by text not null,
        created_at timestamptz not null,
        constraint oauth_client_of_partner_or_channel
          check ((kind = 'PARTNER' and partner_id is not null and channel is null)
              or (kind = 'CHANNEL' and channel is not null and partner_id is null))
      );

      create table client_secret (
        client_id text not null,
        id uuid not null,
        hash bytea not null,
        created_at timestamptz not null,
        revoked_at timestamptz,
        constraint client_secret_key primary key (client_id, id)
      );

      grant usage on sequence member_number_serial to ${ROLE};
      grant select, insert, update on member, channel_identity, member_key, profile, session, staff,
        oauth_client, client_secret to ${ROLE};
      grant select, insert, update, delete on identifier, tag, one_time_code, refresh_token to ${ROLE};
      grant select, insert on tag_history to ${ROLE};
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
