import { EntitySchema } from 'typeorm'

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

export const accountTable = new EntitySchema({
  name: 'account',
  columns: {
    member_id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint', primary: true },
    tier: { type: 'text' },
    tier_since: { type: 'timestamptz', nullable: true },
    tier_until: { type: 'date', nullable: true },
    tier_changes: { type: 'integer' },
    counters: { type: 'jsonb' },
    next_due: { type: 'date' },
    opened_at: { type: 'timestamptz' },
  },
})

export const walletTable = new EntitySchema({
  name: 'wallet',
  columns: {
    member_id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint', primary: true },
    asset: { type: 'enum', enum: ['points', 'growth'], primary: true },
    available: { type: 'bigint' },
    held: { type: 'bigint' },
    pending: { type: 'bigint' },
    owed: { type: 'bigint' },
    earned: { type: 'bigint' },
    spent: { type: 'bigint' },
    expired: { type: 'bigint' },
    reversed: { type: 'bigint' },
    seq: { type: 'integer' },
    head: { type: 'bytea' },
  },
})

export const lotTable = new EntitySchema({
  name: 'lot',
  columns: {
    member_id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint', primary: true },
    asset: { type: 'enum', enum: ['points', 'growth'], primary: true },
    expires_on: { type: 'date', primary: true },
    class: { type: 'text', primary: true },
    earned: { type: 'bigint' },
    remaining: { type: 'bigint' },
    held: { type: 'bigint' },
    used: { type: 'bigint' },
    expired: { type: 'bigint' },
    reversed: { type: 'bigint' },
  },
})

export const documentTable = new EntitySchema({
  name: 'document',
  columns: {
    member_id: { type: 'uuid', primary: true },
    id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint' },
    rule_version: { type: 'integer' },
    kind: { type: 'enum', enum: ['purchase', 'activity', 'grant', 'redemption'] },
    channel: { type: 'text' },
    number: { type: 'text' },
    store: { type: 'text', nullable: true },
    operator: { type: 'text' },
    subject: { type: 'text', nullable: true },
    quantity: { type: 'integer', nullable: true },
    amount: { type: 'bigint', nullable: true },
    lines: { type: 'jsonb', nullable: true },
    awards: { type: 'jsonb', nullable: true },
    counted: { type: 'jsonb', nullable: true },
    tier_before: { type: 'text' },
    tier_after: { type: 'text' },
    effective_at: { type: 'timestamptz' },
    recorded_at: { type: 'timestamptz' },
    body: { type: 'bytea' },
  },
})

export const purchaseOwnerTable = new EntitySchema({
  name: 'purchase_owner',
  columns: {
    document_id: { type: 'uuid', primary: true },
    member_id: { type: 'uuid' },
  },
})

export const entryTable = new EntitySchema({
  name: 'entry',
  columns: {
    member_id: { type: 'uuid', primary: true },
    program_key: { type: 'smallint', primary: true },
    asset: { type: 'enum', enum: ['points', 'growth'], primary: true },
    seq: { type: 'integer', primary: true },
    document_id: { type: 'uuid', nullable: true },
    kind: { type: 'enum', enum: ['earn', 'grant', 'redeem', 'expire'] },
    debit: { type: 'enum', enum: ['member', 'issuance', 'redemption', 'breakage'] },
    credit: { type: 'enum', enum: ['member', 'issuance', 'redemption', 'breakage'] },
    amount: { type: 'bigint' },
    available_after: { type: 'bigint' },
    owed_after: { type: 'bigint' },
    lots: { type: 'text' },
    effective_at: { type: 'timestamptz' },
    recorded_at: { type: 'timestamptz' },
    hash: { type: 'bytea' },
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
  },
})

export const tables = [
  programTable,
  programVersionTable,
  accountTable,
  walletTable,
  lotTable,
  documentTable,
  purchaseOwnerTable,
  entryTable,
  tierChangeTable,
  multiplierTable,
]

/** How each table would be spread over a cluster; see docs/ARCHITECTURE.md, Data. */
export const distribution = {
  program: 'reference',
  program_version: 'reference',
  multiplier: 'reference',
  account: 'member',
  wallet: 'member',
  lot: 'member',
  document: 'member',
  purchase_owner: 'lookup',
  entry: 'member',
  tier_change: 'member',
  command: 'local',
  event: 'local',
  event_cursor: 'local',
  parked_event: 'local',
  parked_event_decision: 'local',
} as const
