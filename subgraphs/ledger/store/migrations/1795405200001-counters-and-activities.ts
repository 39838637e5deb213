import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What caps and stages count lives in the account row, under its lock; documents keep what their rating looked at. */
export class CountersAndActivities1795405200001 implements MigrationInterface {
  async up(q: QueryRunner): Promise<void> {
    await q.query(`
      alter table account add column counters jsonb not null default '{}';
      alter type document_kind add value 'activity' after 'purchase';
      alter table document
        add column subject text,
        add column quantity integer,
        add column counted jsonb,
        add constraint document_quantity_positive check (quantity > 0);
      grant select, insert, update on account to huitong_ledger;
      grant select, insert on document to huitong_ledger;
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
