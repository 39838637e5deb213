import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Staff corrects growth, too: a correction says of what it is, and of how much. */
export class CorrectionsOfGrowth1796000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table adjustment rename column points to amount;
      alter table adjustment add column asset text not null default 'points';
      alter table adjustment add constraint adjustment_asset_known check (asset in ('points', 'growth'));
    `)
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only')
  }
}
