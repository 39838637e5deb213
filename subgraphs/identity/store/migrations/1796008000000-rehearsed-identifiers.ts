import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What dry runs of imports would have bound; logged like the rest, since a row that is lost makes a report wrong. */
export class RehearsedIdentifiers1796008000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table rehearsed_identifier (
        rehearsal uuid not null,
        hash bytea not null,
        kind text not null,
        scope text not null,
        person_id uuid not null,
        rehearsed_at timestamptz not null,
        constraint rehearsed_identifier_key primary key (hash, rehearsal, kind, scope)
      );
      create index rehearsed_identifier_by_person on rehearsed_identifier (rehearsal, person_id);
      create index rehearsed_identifier_by_time on rehearsed_identifier (rehearsed_at);

      grant select, insert, delete on rehearsed_identifier to huitong_identity;
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
