import type { MigrationInterface, QueryRunner } from 'typeorm'

const ROLE = 'huitong_identity'

export class PersonAndBelongings1795402993532 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table member_key add column wrapped_with text;

      create table attribute_definition (
        program text not null,
        id text not null,
        place integer not null,
        definition jsonb not null,
        constraint attribute_definition_key primary key (program, id)
      );

      create table member_attribute (
        member_id uuid not null,
        program text not null,
        sealed bytea not null,
        version integer not null,
        updated_at timestamptz not null,
        constraint member_attribute_key primary key (member_id, program)
      );

      create table owned_product (
        member_id uuid not null,
        id uuid not null,
        kind text not null,
        make text not null,
        serial_hash bytea not null,
        sealed_serial bytea not null,
        model text,
        bought_on date,
        dealer text,
        verified boolean not null,
        acquired_by text not null,
        former_owner uuid,
        recorded_by text not null,
        owned_since timestamptz not null,
        owned_until timestamptz,
        ended_because text,
        next_owner uuid,
        constraint owned_product_key primary key (member_id, id),
        constraint owned_product_ends_with_a_reason check ((owned_until is null) = (ended_because is null))
      );

      create table product_serial (
        hash bytea constraint product_serial_key primary key,
        member_id uuid not null,
        product_id uuid not null,
        verified boolean not null
      );

      create table consent_statement (
        member_id uuid not null,
        place integer not null,
        purpose text not null,
        channel text not null,
        given boolean not null,
        policy_version text not null,
        stated_by text not null,
        stated_through text,
        stated_at timestamptz not null,
        constraint consent_statement_key primary key (member_id, place)
      );

      create table quiet_hours (
        member_id uuid constraint quiet_hours_key primary key,
        begins text not null,
        ends text not null,
        time_zone text not null,
        updated_at timestamptz not null
      );

      create table access_record (
        member_id uuid not null,
        id uuid not null,
        reader text not null,
        seen text[] not null,
        request_id text not null,
        read_at timestamptz not null,
        constraint access_record_key primary key (member_id, id)
      );
      create index access_record_by_id on access_record (id);
      create index access_record_by_reader on access_record (reader, id);
      create index access_record_by_moment on access_record (read_at);

      create function record_is_final() returns trigger language plpgsql as $$
        begin raise exception '% is append-only', tg_table_name; end $$;
      create trigger consent_statement_is_final before update or delete on consent_statement
        for each row execute function record_is_final();
      create trigger access_record_is_final before update on access_record
        for each row execute function record_is_final();

      create function forget_access_records(before timestamptz) returns bigint
      language plpgsql security definer set search_path = identity, pg_temp as $$
        declare forgotten bigint;
        begin
          delete from access_record where read_at < before;
          get diagnostics forgotten = row_count;
          return forgotten;
        end $$;
      revoke execute on function forget_access_records(timestamptz) from public;

      grant select, insert, update, delete on attribute_definition, member_attribute, product_serial, quiet_hours
        to ${ROLE};
      grant select, insert, update on owned_product to ${ROLE};
      grant select, insert on consent_statement, access_record to ${ROLE};
      grant execute on function forget_access_records(timestamptz) to ${ROLE};
      grant delete on channel_identity to ${ROLE};
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
