import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Sums of entries by day, and a coarse index by time that finds the entries of the last days. */
export class DaySums1796011000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create index entry_by_time on entry using brin (recorded_at) with (pages_per_range = 32);

      create table day_sum (
        program_key smallint not null,
        recorded_on date not null,
        effective_on date not null,
        kind entry_kind not null,
        by_activity boolean not null,
        entries bigint not null,
        points bigint not null,
        growth bigint not null,
        principal bigint not null,
        bonus bigint not null,
        constraint day_sum_key primary key (program_key, recorded_on, effective_on, kind, by_activity)
      );
      create index day_sum_by_effect on day_sum (program_key, effective_on);

      create table summed_days (
        program_key smallint not null constraint summed_days_key primary key,
        time_zone text not null,
        through date not null
      );

      grant select, insert, update, delete on day_sum, summed_days to huitong_ledger;
    `)
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}
