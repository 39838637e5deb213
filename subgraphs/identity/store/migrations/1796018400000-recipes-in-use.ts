import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Since when phones are named by a recipe, and when a process that has it said so last. */
export class RecipesInUse1796018400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table phone_recipe
        add column begun_at timestamptz not null default now(),
        add column seen_at timestamptz not null default now();

      grant delete on phone_recipe to huitong_identity;
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
