import type { MigrationInterface, QueryRunner } from 'typeorm'
import { commandTable } from '../../../../kernel/commands/tables.ts'
import { roleOf } from '../../../../kernel/db/open-database.ts'
import { eventTables } from '../../../../kernel/events/tables.ts'
import { knownProgramTable } from '../../../../kernel/programs/tables.ts'

const role = roleOf('benefits')

export class CatalogueAndEntitlements1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(knownProgramTable(role))
    await runner.query(eventTables(role))
    await runner.query(commandTable(role))
    await runner.query(`
      create table benefit (
        program text not null,
        slug text not null,
        version integer not null,
        definition jsonb not null,
        constraint benefit_key primary key (program, slug, version)
      );

      create table entitlement (
        member_id uuid not null,
        id uuid not null,
        program text not null,
        benefit text not null,
        benefit_version integer not null,
        source text not null,
        reason text,
        code text not null,
        uses_total integer not null,
        uses_left integer not null,
        valid_from timestamptz not null,
        valid_until timestamptz not null,
        granted_at timestamptz not null,
        granted_by text not null,
        revoked_at timestamptz,
        constraint entitlement_key primary key (member_id, id),
        constraint entitlement_granted_once unique (member_id, program, benefit, source),
        constraint entitlement_uses check (uses_total > 0 and uses_left between 0 and uses_total),
        constraint entitlement_validity check (valid_from < valid_until)
      );
      create index entitlement_newest_first on entitlement (member_id, granted_at desc, benefit desc, id desc);

      create table entitlement_code (
        code text constraint entitlement_code_key primary key,
        member_id uuid not null,
        entitlement_id uuid not null
      );

      create table write_off (
        member_id uuid not null,
        id uuid not null,
        entitlement_id uuid not null,
        number integer not null,
        partner text,
        store text,
        at timestamptz not null,
        written_off_by text not null,
        reversed_at timestamptz,
        reversed_by text,
        reversal_reason text,
        constraint write_off_key primary key (member_id, id),
        constraint write_off_of_entitlement foreign key (member_id, entitlement_id) references entitlement,
        constraint write_off_number check (number > 0),
        constraint write_off_reversal check (num_nonnulls(reversed_at, reversed_by, reversal_reason) in (0, 3))
      );
      create unique index write_off_number_once on write_off (member_id, entitlement_id, number)
        where reversed_at is null;
      create index write_off_by_entitlement on write_off (member_id, entitlement_id, id);

      create table write_off_member (
        write_off_id uuid constraint write_off_member_key primary key,
        member_id uuid not null
      );

            grant select, insert on benefit, entitlement, entitlement_code, write_off, write_off_member to ${role};
      grant update (uses_left) on entitlement to ${role};
      grant update (reversed_at, reversed_by, reversal_reason) on write_off to ${role};
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
