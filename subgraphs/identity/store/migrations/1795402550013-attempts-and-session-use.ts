import type { MigrationInterface, QueryRunner } from 'typeorm'

export class AttemptsAndSessionUse1795402550013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table attempt_count (
        subject_hash bytea not null,
        what text not null,
        hour timestamptz not null,
        count integer not null,
        constraint attempt_count_key primary key (subject_hash, what, hour)
      );
      create index attempt_count_by_hour on attempt_count (hour);

      alter table one_time_code add column sent_at timestamptz;

      alter table session add column used_at timestamptz;
      create index session_by_end on session (revoked_at) where revoked_at is not null;

      grant select, insert, update, delete on attempt_count to huitong_identity;
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
