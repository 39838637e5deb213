import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import { afterKey } from './adjustments.ts'

export type FlagState = 'open' | 'harmless' | 'confirmed'

/** Conduct to be looked at; one for each rule, subject and window. */
export interface NewFlag {
  readonly id: string
  readonly programKey: number
  readonly rule: string
  readonly subject: string
  readonly window: string
  readonly evidence: Readonly<Record<string, string>>
}

export interface Flag extends NewFlag {
  readonly raisedAt: Instant
  readonly state: FlagState
  readonly resolvedBy: string | undefined
  readonly resolvedAt: Instant | undefined
  readonly note: string | undefined
}

interface FlagRow {
  id: string
  program_key: number
  rule: string
  subject: string
  window: string
  evidence: Record<string, string>
  raised_at: Instant
  state: FlagState
  resolved_by: string | null
  resolved_at: Instant | null
  note: string | null
}

const columns =
  'id, program_key, rule, subject, "window", evidence, raised_at, state, resolved_by, resolved_at, note'

const flagFrom = (row: FlagRow): Flag => ({
  id: row.id,
  programKey: row.program_key,
  rule: row.rule,
  subject: row.subject,
  window: row.window,
  evidence: row.evidence,
  raisedAt: row.raised_at,
  state: row.state,
  resolvedBy: row.resolved_by ?? undefined,
  resolvedAt: row.resolved_at ?? undefined,
  note: row.note ?? undefined,
})

const RAISE = `/* raiseFlags */
  insert into flag (id, program_key, rule, subject, "window", evidence, raised_at)
  select id, program_key, rule, subject, "window", evidence, $7
  from unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
    as raised (id, program_key, rule, subject, "window", evidence)
  order by id
  on conflict on constraint flag_once do nothing`

const valuesOf = (flags: readonly NewFlag[], now: Instant): unknown[] => [
  flags.map(({ id }) => id),
  flags.map(({ programKey }) => programKey),
  flags.map(({ rule }) => rule),
  flags.map(({ subject }) => subject),
  flags.map(({ window }) => window),
  flags.map(({ evidence }) => JSON.stringify(evidence)),
  toIso(now),
]

/** What is flagged already stays as it is. */
export async function raiseFlags(query: Query, flags: readonly NewFlag[], now: Instant): Promise<void> {
  if (flags.length > 0) await query(RAISE, valuesOf(flags, now))
}

/** The same with what else a transaction writes. */
export function sendFlags(tx: Tx, flags: readonly NewFlag[], now: Instant): void {
  if (flags.length > 0) tx.send(RAISE, valuesOf(flags, now))
}

export async function lockFlag(tx: Tx, id: string): Promise<Flag | undefined> {
  const [row] = await tx.query<FlagRow>(
    `/* lockFlag */ select ${columns} from flag where id = $1 for update`,
    [id],
  )
  return row && flagFrom(row)
}

export async function readFlag(query: Query, id: string): Promise<Flag | undefined> {
  const [row] = await query<FlagRow>(`/* readFlag */ select ${columns} from flag where id = $1`, [id])
  return row && flagFrom(row)
}

export async function saveResolution(
  tx: Tx,
  id: string,
  { state, by, at, note }: { state: FlagState; by: string; at: Instant; note: string },
): Promise<void> {
  await tx.query(
    `/* saveResolution */
     update flag set state = $2, resolved_by = $3, resolved_at = $4, note = $5 where id = $1`,
    [id, state, by, toIso(at), note],
  )
}

/** One page, the newest first; the key is a moment and an id. */
export async function listFlags(
  query: Query,
  wanted: {
    programKey: number | undefined
    state: FlagState | undefined
    after: string | undefined
    limit: number
  },
): Promise<Flag[]> {
  const { at, id } = afterKey(wanted.after)
  const rows = await query<FlagRow>(
    `/* listFlags */
     select ${columns} from flag
     where ($1::smallint is null or program_key = $1) and ($2::text is null or state = $2)
       and (raised_at, id) < ($3::timestamptz, $4::uuid)
     order by raised_at desc, id desc limit $5`,
    [wanted.programKey ?? null, wanted.state ?? null, at, id, wanted.limit],
  )
  return rows.map(flagFrom)
}
