import type { MigrationInterface, QueryRunner } from 'typeorm'

const ROLE = 'huitong_identity'

/** Which hashes of marketplaces stand for which phones, and how far recipes have come. */
export class PhoneAliases1796008200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table phone_alias (
        hash bytea constraint phone_alias_key primary key,
        recipe text not null,
        phone_hash bytea not null
      );
      create index phone_alias_by_phone on phone_alias (phone_hash);
      create index phone_alias_by_recipe on phone_alias (recipe);

      create table phone_recipe (
        id text constraint phone_recipe_key primary key,
        mark bytea not null,
        reached_member uuid,
        reached_id uuid,
        done_at timestamptz,
        constraint phone_recipe_reached_whole check ((reached_member is null) = (reached_id is null))
      );

      grant select, insert, delete on phone_alias to ${ROLE};
      grant select, insert, update on phone_recipe to ${ROLE};
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
