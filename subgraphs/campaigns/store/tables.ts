import { EntitySchema } from 'typeorm'
import { mergedMember, mergeStep } from '../../../kernel/members/tables.ts'
import { knownProgram } from '../../../kernel/programs/tables.ts'

/** How each table lies on many machines; a test reads the DDL against it. */
export const distribution: Readonly<Record<string, 'member' | 'lookup' | 'reference' | 'local'>> = {
  program: 'reference',
  campaign: 'reference',
  task_counter: 'member',
  participation: 'member',
  merged_member: 'reference',
  merge_step: 'local',
  event: 'local',
  event_cursor: 'local',
  parked_event: 'local',
  parked_event_decision: 'local',
  command: 'local',
}

/** Campaigns as defined last. Whether one runs follows from the columns and the time. */
const campaign = new EntitySchema({
  name: 'campaign',
  columns: {
    program: { type: 'text', primary: true },
    slug: { type: 'text', primary: true },
    version: { type: 'integer' },
    definition: { type: 'jsonb' },
    withdrawnAt: { type: 'timestamptz', name: 'withdrawn_at', nullable: true },
  },
})

/** A row to lock for whoever completes a task, and the year's count. */
const taskCounter = new EntitySchema({
  name: 'task_counter',
  columns: {
    memberId: { type: 'uuid', primary: true, name: 'member_id' },
    program: { type: 'text', primary: true },
    campaign: { type: 'text', primary: true },
    year: { type: 'integer', primary: true },
    completed: { type: 'integer' },
  },
})

/** Completions of tasks, and what became of their points. */
const participation = new EntitySchema({
  name: 'participation',
  columns: {
    memberId: { type: 'uuid', primary: true, name: 'member_id' },
    id: { type: 'uuid', primary: true },
    program: { type: 'text' },
    campaign: { type: 'text' },
    campaignVersion: { type: 'integer', name: 'campaign_version' },
    day: { type: 'date' },
    number: { type: 'integer' },
    points: { type: 'bigint' },
    occurredAt: { type: 'timestamptz', name: 'occurred_at' },
    recordedAt: { type: 'timestamptz', name: 'recorded_at' },
    recordedBy: { type: 'text', name: 'recorded_by' },
    rewardedAt: { type: 'timestamptz', name: 'rewarded_at', nullable: true },
    refusalCode: { type: 'text', name: 'refusal_code', nullable: true },
    setAsideBy: { type: 'uuid', name: 'set_aside_by', nullable: true },
  },
})

export const tables = [knownProgram, mergedMember, mergeStep, campaign, taskCounter, participation]
