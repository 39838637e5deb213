import type { MigrationInterface, QueryRunner } from 'typeorm'

export class TagDefinitions1795401312020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table tag_definition (
        dimension text not null,
        name text not null,
        program text not null,
        definition jsonb not null,
        constraint tag_definition_key primary key (dimension, name)
      );
      create index tag_by_rule on tag (dimension, name) where source = 'RULE';
      grant select, insert, update, delete on tag_definition to huitong_identity;
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
