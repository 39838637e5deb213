import type { MigrationInterface, QueryRunner } from 'typeorm'
import { commandTable } from '../../../../kernel/commands/tables.ts'
import { roleOf } from '../../../../kernel/db/open-database.ts'
import { eventTables } from '../../../../kernel/events/tables.ts'
import { knownProgramTable } from '../../../../kernel/programs/tables.ts'

const role = roleOf('campaigns')

export class CampaignsAndParticipations1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(knownProgramTable(role))
    await runner.query(eventTables(role))
    await runner.query(commandTable(role))
    await runner.query(`
      create table campaign (
        program text not null,
        slug text not null,
        version integer not null,
        definition jsonb not null,
        withdrawn_at timestamptz,
        constraint campaign_key primary key (program, slug)
      );

      create table task_counter (
        member_id uuid not null,
        program text not null,
        campaign text not null,
        year integer not null,
        completed integer not null,
        constraint task_counter_key primary key (member_id, program, campaign, year),
        constraint task_counter_completed check (completed >= 0)
      );

      create table participation (
        member_id uuid not null,
        id uuid not null,
        program text not null,
        campaign text not null,
        campaign_version integer not null,
        day date not null,
        number integer not null,
        points bigint not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null,
        recorded_by text not null,
        rewarded_at timestamptz,
        refusal_code text,
        constraint participation_key primary key (member_id, id),
        constraint participation_number_once unique (member_id, program, campaign, day, number),
        constraint participation_number check (number > 0),
        constraint participation_points check (points >= 0),
        constraint participation_one_outcome check (rewarded_at is null or refusal_code is null)
      );
      create index participation_pending on participation (id)
        where rewarded_at is null and refusal_code is null;

      grant select, insert, update on campaign to ${role};
      grant select, insert on task_counter, participation to ${role};
      grant update (completed) on task_counter to ${role};
      grant update (rewarded_at, refusal_code) on participation to ${role};
    `)
  }

  async down(): Promise<void> {
    throw new Error('forward only')
  }
}
