import { EntitySchema } from 'typeorm'
import { mergedMember, mergeStep } from '../../../kernel/members/tables.ts'
import { tierReasons } from '../domain/account-book.ts'
import type { Asset } from '../domain/asset.ts'
import { entryKinds } from '../domain/entry.ts'

/** Names and types of the ledger's tables; the migrations make them. */

export interface ProgramRow {
  program_key: number
  id: string
  version: number
}

export const programTable = new EntitySchema<ProgramRow>({
  name: 'program',
  columns: {
    program_key: { type: 'smallint', primary: true },
    id: { type: 'text' },
    version: { type: 'integer' },
  },
})

export interface ProgramVersionRow {
  program_key: number
  version: number
  source: string
  document: object
  published_at: number
  published_by: string
}

export const programVersionTable = new EntitySchema<ProgramVersionRow>({
  name: 'program_version',
  columns: {
    program_key: { type: 'smallint', primary: true },
    version: { type: 'integer', primary: true },
    source: { type: 'text' },
    document: { type: 'jsonb' },
    published_at: { type: 'timestamptz' },
    published_by: { type: 'text' },
  },
})

const wallet = (asset: Asset, nullable: boolean) => {
  const parts = ['available', 'held', 'pending', 'owed', 'earned', 'spent', 'expired', 'reversed', 'moved']
  const part = { type: 'bigint', nullable } as const
  return {
    ...Object.fromEntries(parts.map((name) => [`${asset}_${name}`, part])),
    [`${asset}_left`]: { type: 'bigint', array: true, nullable },
    [`${asset}_until`]: { type: 'date', array: true, nullable },
    [`${asset}_class`]: { type: 'text', array: true, nullable: true },
  } as const
}

export const accountTable = new EntitySchema({
  name: 'account',
  columns: {
    member_id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint', primary: true },
    seq: { type: 'integer' },
    tier_since: { type: 'timestamptz', nullable: true },
    opened_at: { type: 'timestamptz' },
    tier_until: { type: 'date', nullable: true },
    next_due: { type: 'date' },
    tier_changes: { type: 'integer' },
    tier: { type: 'text' },
    head: { type: 'bytea' },
    counters: { type: 'text' },
    waiting: { type: 'text' },
    ...wallet('points', false),
    ...wallet('growth', false),
    ...wallet('principal', true),
    ...wallet('bonus', true),
    holds: { type: 'text' },
    latest_at: { type: 'timestamptz' },
    fixed_at: { type: 'timestamptz' },
  },
})

export const originTable = new EntitySchema({
  name: 'origin',
  columns: {
    origin_key: { type: 'integer', primary: true },
    channel: { type: 'text' },
    store: { type: 'text', nullable: true },
    operator: { type: 'text', nullable: true },
  },
})

export const entryTable = new EntitySchema({
  name: 'entry',
  columns: {
    member_id: { type: 'uuid', primary: true },
    document_id: { type: 'uuid', nullable: true },
    effective_at: { type: 'timestamptz' },
    recorded_at: { type: 'timestamptz' },
    points: { type: 'bigint', nullable: true },
    points_after: { type: 'bigint', nullable: true },
    growth: { type: 'bigint', nullable: true },
    growth_after: { type: 'bigint', nullable: true },
    principal: { type: 'bigint', nullable: true },
    principal_after: { type: 'bigint', nullable: true },
    bonus: { type: 'bigint', nullable: true },
    bonus_after: { type: 'bigint', nullable: true },
    amount: { type: 'bigint', nullable: true },
    seq: { type: 'integer', primary: true },
    kind: { type: 'enum', enum: Object.keys(entryKinds) },
    document_kind: {
      type: 'enum',
      enum: [
        ...['purchase', 'activity', 'grant', 'redemption', 'hold', 'capture', 'release', 'return'],
        ...['top-up', 'spend', 'withdrawal', 'plan-stop', 'transfer-out', 'transfer-in', 'adjustment'],
        ...['merge-out', 'merge-in', 'set-aside'],
        ...['tier-decision', 'balance-sync'],
      ],
      nullable: true,
    },
    rule_version: { type: 'integer', nullable: true },
    origin_key: { type: 'integer', nullable: true },
    quantity: { type: 'integer', nullable: true },
    program_key: { type: 'smallint', primary: true },
    lots: { type: 'text' },
    hash: { type: 'bytea' },
    body: { type: 'bytea', nullable: true },
    number: { type: 'text', nullable: true },
    subject: { type: 'text', nullable: true },
    lines: { type: 'text', nullable: true },
    awards: { type: 'text', nullable: true },
    counted: { type: 'text', nullable: true },
    tier_before: { type: 'text', nullable: true },
    tier_after: { type: 'text', nullable: true },
  },
})

export const tierChangeTable = new EntitySchema({
  name: 'tier_change',
  columns: {
    member_id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint', primary: true },
    sequence: { type: 'integer', primary: true },
    from_tier: { type: 'text' },
    to_tier: { type: 'text' },
    at: { type: 'timestamptz' },
    document_id: { type: 'uuid', nullable: true },
    reason: { type: 'enum', enum: [...tierReasons] },
  },
})

export const tierRequestTable = new EntitySchema({
  name: 'tier_request',
  columns: {
    member_id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint', primary: true },
    tier: { type: 'text', primary: true },
    asked_at: { type: 'timestamptz', primary: true },
    document_id: { type: 'uuid', nullable: true },
    decided_at: { type: 'timestamptz', nullable: true },
    decided_by: { type: 'text', nullable: true },
    approved: { type: 'boolean', nullable: true },
    reason: { type: 'text', nullable: true },
  },
})

export const tierRunTable = new EntitySchema({
  name: 'tier_run',
  columns: {
    id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint' },
    version: { type: 'integer' },
    reach: { type: 'text' },
    reason: { type: 'text' },
    asked_at: { type: 'timestamptz' },
    asked_by: { type: 'text' },
    reached_member: { type: 'uuid', nullable: true },
    seen: { type: 'bigint' },
    moved: { type: 'bigint' },
    done_at: { type: 'timestamptz', nullable: true },
  },
})

export const memberStandingTable = new EntitySchema({
  name: 'member_standing',
  columns: {
    member_id: { type: 'uuid', primary: true },
    awaits_activation: { type: 'boolean' },
    activated_at: { type: 'timestamptz', nullable: true },
    tags: { type: 'jsonb' },
  },
})

export const reminderRunTable = new EntitySchema({
  name: 'reminder_run',
  columns: {
    program_key: { type: 'smallint', primary: true },
    days_before: { type: 'integer', primary: true },
    reminded_through: { type: 'date' },
  },
})

export const multiplierTable = new EntitySchema({
  name: 'multiplier',
  columns: {
    program: { type: 'text', primary: true },
    campaign: { type: 'text', primary: true },
    starts_at: { type: 'timestamptz' },
    ends_at: { type: 'timestamptz' },
    factor: { type: 'text' },
    condition: { type: 'text', nullable: true },
    known_from: { type: 'timestamptz' },
  },
})

/** What `multiplier` said before. */
export const pastMultiplierTable = new EntitySchema({
  name: 'past_multiplier',
  columns: {
    program: { type: 'text', primary: true },
    campaign: { type: 'text', primary: true },
    starts_at: { type: 'timestamptz' },
    ends_at: { type: 'timestamptz' },
    factor: { type: 'text' },
    condition: { type: 'text', nullable: true },
    known_from: { type: 'timestamptz' },
    known_until: { type: 'timestamptz', primary: true },
  },
})

export const holdTable = new EntitySchema({
  name: 'hold',
  columns: {
    member_id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint' },
    id: { type: 'uuid', primary: true },
    amount: { type: 'bigint' },
    captured: { type: 'bigint' },
    released: { type: 'bigint' },
    lapses_at: { type: 'timestamptz' },
    closed_by: { type: 'text', nullable: true },
  },
})

export const transferTable = new EntitySchema({
  name: 'transfer',
  columns: {
    id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint' },
    from_member: { type: 'uuid' },
    to_member: { type: 'uuid' },
    points: { type: 'bigint' },
    key: { type: 'text' },
    operator: { type: 'text' },
    asked_at: { type: 'timestamptz' },
    state: { type: 'text' },
    refusal: { type: 'jsonb', nullable: true },
  },
})

export const adjustmentTable = new EntitySchema({
  name: 'adjustment',
  columns: {
    member_id: { type: 'uuid', primary: true },
    id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint' },
    direction: { type: 'text' },
    asset: { type: 'text', default: 'points' },
    amount: { type: 'bigint' },
    /** Read and written by a former version only. */
    points: { type: 'bigint', default: 0 },
    reason: { type: 'text' },
    document: { type: 'text' },
    state: { type: 'text' },
    requested_by: { type: 'text' },
    requested_at: { type: 'timestamptz' },
    ends_at: { type: 'timestamptz' },
    decided_by: { type: 'text', nullable: true },
    decided_at: { type: 'timestamptz', nullable: true },
    note: { type: 'text', nullable: true },
    refusal: { type: 'text', nullable: true },
  },
})

export const syncedBalanceTable = new EntitySchema({
  name: 'synced_balance',
  columns: {
    member_id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint', primary: true },
    channel: { type: 'text', primary: true },
    account: { type: 'bytea', primary: true },
    agreed: { type: 'bigint' },
    told_at: { type: 'timestamptz' },
    document_id: { type: 'uuid' },
  },
})

export const flagTable = new EntitySchema({
  name: 'flag',
  columns: {
    id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint' },
    rule: { type: 'text' },
    subject: { type: 'text' },
    window: { type: 'text' },
    evidence: { type: 'jsonb' },
    raised_at: { type: 'timestamptz' },
    state: { type: 'text' },
    resolved_by: { type: 'text', nullable: true },
    resolved_at: { type: 'timestamptz', nullable: true },
    note: { type: 'text', nullable: true },
  },
})

export const conductTable = new EntitySchema({
  name: 'conduct',
  columns: {
    document_id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint' },
    at: { type: 'timestamptz' },
    kind: { type: 'text' },
    member_id: { type: 'uuid' },
    operator: { type: 'text' },
    device: { type: 'text', nullable: true },
  },
})

export const clearingTable = new EntitySchema({
  name: 'clearing',
  columns: {
    program_key: { type: 'smallint', primary: true },
    month: { type: 'text', primary: true },
    issuer: { type: 'text', primary: true },
    honourer: { type: 'text', primary: true },
    points: { type: 'bigint' },
    money: { type: 'bigint' },
  },
})

export const clearingMonthTable = new EntitySchema({
  name: 'clearing_month',
  columns: {
    program_key: { type: 'smallint', primary: true },
    month: { type: 'text', primary: true },
    rolled_up_at: { type: 'timestamptz' },
  },
})

export const daySumTable = new EntitySchema({
  name: 'day_sum',
  columns: {
    program_key: { type: 'smallint', primary: true },
    recorded_on: { type: 'date', primary: true },
    effective_on: { type: 'date', primary: true },
    kind: { type: 'enum', enum: Object.keys(entryKinds), primary: true },
    by_activity: { type: 'boolean', primary: true },
    entries: { type: 'bigint' },
    points: { type: 'bigint' },
    growth: { type: 'bigint' },
    principal: { type: 'bigint' },
    bonus: { type: 'bigint' },
  },
})

export const summedDaysTable = new EntitySchema({
  name: 'summed_days',
  columns: {
    program_key: { type: 'smallint', primary: true },
    time_zone: { type: 'text' },
    through: { type: 'date' },
  },
})

export const terminalTable = new EntitySchema({
  name: 'terminal',
  columns: {
    device_id: { type: 'text', primary: true },
    store: { type: 'text' },
    channel: { type: 'text' },
    public_key: { type: 'text', nullable: true },
    registered_by: { type: 'text' },
    registered_at: { type: 'timestamptz' },
    revoked_at: { type: 'timestamptz', nullable: true },
  },
})

export const terminalEventTable = new EntitySchema({
  name: 'terminal_event',
  columns: {
    device_id: { type: 'text', primary: true },
    sequence: { type: 'bigint', primary: true },
    digest: { type: 'bytea' },
    received_at: { type: 'timestamptz' },
    recorded_at: { type: 'timestamptz', nullable: true },
  },
})

export const homewardTable = new EntitySchema({
  name: 'homeward',
  columns: {
    member_id: { type: 'uuid', primary: true },
    document_id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint' },
    origin_id: { type: 'uuid' },
    kind: { type: 'text' },
    lots: { type: 'text' },
    left_at: { type: 'timestamptz' },
  },
})

export const tables = [
  homewardTable,
  mergedMember,
  mergeStep,
  transferTable,
  adjustmentTable,
  flagTable,
  conductTable,
  clearingTable,
  clearingMonthTable,
  daySumTable,
  summedDaysTable,
  terminalTable,
  terminalEventTable,
  programTable,
  programVersionTable,
  accountTable,
  originTable,
  entryTable,
  tierChangeTable,
  tierRequestTable,
  tierRunTable,
  memberStandingTable,
  reminderRunTable,
  multiplierTable,
  pastMultiplierTable,
  holdTable,
  syncedBalanceTable,
]

/** How each table would be spread over a cluster; see docs/ARCHITECTURE.md, Data. */
export const distribution = {
  program: 'reference',
  program_version: 'reference',
  multiplier: 'reference',
  origin: 'reference',
  past_multiplier: 'reference',
  hold: 'member',
  account: 'member',
  entry: 'member',
  tier_change: 'member',
  transfer: 'lookup',
  adjustment: 'member',
  synced_balance: 'member',
  flag: 'lookup',
  conduct: 'lookup',
  clearing: 'reference',
  clearing_month: 'reference',
  day_sum: 'local',
  summed_days: 'local',
  terminal: 'reference',
  terminal_event: 'lookup',
  merged_member: 'reference',
  merge_step: 'local',
  homeward: 'member',
  tier_request: 'member',
  member_standing: 'member',
  tier_run: 'local',
  reminder_run: 'local',
  command: 'local',
  event: 'local',
  event_cursor: 'local',
  parked_event: 'local',
  parked_event_decision: 'local',
} as const

/** Of all members: in a cluster each of these keys would be a table of its own, spread by what it finds. */
export const keysOfAllMembers = ['document_key']
