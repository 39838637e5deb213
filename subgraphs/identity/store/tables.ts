import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { knownProgram } from '../../../kernel/programs/tables.ts'

/** How tables are laid out over many servers (Citus): by member, by their own key, copied to all, or in one place. */
export type Distribution = 'member' | 'lookup' | 'reference' | 'local'

export const distribution: Readonly<Record<string, Distribution>> = {
  member: 'member',
  identifier: 'lookup', // by hash
  channel_identity: 'member',
  member_key: 'member',
  profile: 'member',
  tag: 'member',
  tag_history: 'member',
  tag_definition: 'reference',
  one_time_code: 'lookup', // by phone_hash
  attempt_count: 'lookup', // by subject_hash
  session: 'member',
  refresh_token: 'lookup', // by hash
  staff: 'reference',
  oauth_client: 'reference',
  client_secret: 'reference',
  program: 'reference',
  member_fact: 'member',
  account_fact: 'member',
  purchase_day: 'member',
  fact_source: 'local',
  segment: 'reference',
  segment_change: 'reference',
  segment_snapshot: 'reference',
  segment_snapshot_member: 'member',
  event: 'local',
  event_cursor: 'local',
  parked_event: 'local',
  parked_event_decision: 'local',
  command: 'local',
}

const key = (type: 'uuid' | 'text' | 'bytea'): EntitySchemaColumnOptions => ({ type, primary: true })
const text: EntitySchemaColumnOptions = { type: 'text' }
const uuid: EntitySchemaColumnOptions = { type: 'uuid' }
const bytes: EntitySchemaColumnOptions = { type: 'bytea' }
const moment: EntitySchemaColumnOptions = { type: 'timestamptz' }
const hourKey: EntitySchemaColumnOptions = { type: 'timestamptz', primary: true }
const whole: EntitySchemaColumnOptions = { type: 'integer' }
const large: EntitySchemaColumnOptions = { type: 'bigint' }
const fraction: EntitySchemaColumnOptions = { type: 'double precision' }
const optional = (column: EntitySchemaColumnOptions): EntitySchemaColumnOptions => ({
  ...column,
  nullable: true,
})
const table = (name: string, columns: Record<string, EntitySchemaColumnOptions>) =>
  new EntitySchema({ name, columns: columns as never })

export const tables: readonly EntitySchema[] = [
  table('member', {
    member_id: key('uuid'),
    number: text,
    status: text,
    joined_at: moment,
    joined_channel: text,
    joined_store: optional(text),
    merged_into: optional(uuid),
  }),
  table('identifier', { hash: key('bytea'), kind: key('text'), scope: key('text'), member_id: uuid }),
  table('channel_identity', {
    member_id: key('uuid'),
    id: key('uuid'),
    kind: text,
    scope: text,
    hash: bytes,
    value: optional(text),
    sealed_value: optional(bytes),
    channel: text,
    source: text,
    strength: text,
    verified_at: moment,
  }),
  table('member_key', { member_id: key('uuid'), wrapped: bytes }),
  table('profile', { member_id: key('uuid'), sealed: bytes, version: whole, updated_at: moment }),
  table('tag', {
    member_id: key('uuid'),
    dimension: key('text'),
    name: key('text'),
    source: key('text'),
    value: text,
    set_by: text,
    confidence: fraction,
    expires_at: optional(moment),
    set_at: moment,
  }),
  table('tag_history', {
    member_id: key('uuid'),
    id: key('uuid'),
    change: text,
    dimension: text,
    name: text,
    source: text,
    value: text,
    changed_by: text,
    confidence: fraction,
    expires_at: optional(moment),
    changed_at: moment,
  }),
  table('tag_definition', {
    dimension: key('text'),
    name: key('text'),
    program: text,
    definition: { type: 'jsonb' },
  }),
  table('one_time_code', {
    phone_hash: key('bytea'),
    id: key('uuid'),
    purpose: text,
    tries_left: whole,
    requested_at: moment,
    expires_at: moment,
    used_at: optional(moment),
    sent_at: optional(moment),
  }),
  table('attempt_count', { subject_hash: key('bytea'), what: key('text'), hour: hourKey, count: whole }),
  table('session', {
    member_id: key('uuid'),
    id: key('uuid'),
    channel: text,
    started_at: moment,
    revoked_at: optional(moment),
    revoked_because: optional(text),
    used_at: optional(moment),
  }),
  table('refresh_token', {
    hash: key('bytea'),
    member_id: uuid,
    session_id: uuid,
    issued_at: moment,
    expires_at: moment,
    used_at: optional(moment),
    used_with: optional(text),
  }),
  table('staff', { id: key('text'), name: text, role: text, store: optional(text), created_at: moment }),
  table('oauth_client', {
    id: key('text'),
    kind: text,
    partner_id: optional(text),
    channel: optional(text),
    created_by: text,
    created_at: moment,
  }),
  table('client_secret', {
    client_id: key('text'),
    id: key('uuid'),
    hash: bytes,
    created_at: moment,
    revoked_at: optional(moment),
  }),
  knownProgram,
  table('member_fact', {
    member_id: key('uuid'),
    joined_at: moment,
    joined_channel: text,
    joined_store: optional(text),
    gender: optional(text),
    birth_month: optional(whole),
    province: optional(text),
    tags: { type: 'jsonb' },
    tags_until: optional(moment),
  }),
  table('account_fact', {
    member_id: key('uuid'),
    program: key('text'),
    tier: optional(text),
    tier_since: optional(moment),
    points: large,
    growth: large,
    campaigns: { type: 'text', array: true },
    first_at: optional(moment),
    last_at: optional(moment),
    purchases: large,
    spent: large,
    purchases_30: large,
    spent_30: large,
    purchases_90: large,
    spent_90: large,
    purchases_365: large,
    spent_365: large,
    windows_until: optional({ type: 'date' }),
  }),
  table('purchase_day', {
    member_id: key('uuid'),
    program: key('text'),
    day: { type: 'date', primary: true },
    purchases: large,
    spent: large,
  }),
  table('fact_source', { source: key('text'), event_at: moment, applied_at: moment }),
  table('segment', {
    id: key('text'),
    name: text,
    description: text,
    program: text,
    condition: text,
    status: text,
    refresh: text,
    version: whole,
    members: optional(large),
    counted_at: optional(moment),
    updated_at: moment,
    updated_by: text,
  }),
  table('segment_change', {
    segment_id: key('text'),
    id: key('uuid'),
    change: text,
    version: whole,
    condition: text,
    changed_at: moment,
    changed_by: text,
  }),
  table('segment_snapshot', {
    id: key('uuid'),
    segment_id: text,
    segment_version: whole,
    condition: text,
    members: large,
    taken_at: moment,
    taken_by: text,
  }),
  table('segment_snapshot_member', { member_id: key('uuid'), snapshot_id: key('uuid') }),
]
