import type { MigrationInterface, QueryRunner } from 'typeorm'

export class ForgetReasons1795403783136 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('grant update (reason) on entitlement to huitong_benefits')
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
