import type { Query } from '../../../kernel/db/statement.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'

export interface Terminal {
  readonly deviceId: string
  readonly store: string
  readonly channel: string
  /** PEM; undefined: it signs with a secret that follows from its id and the moment of its registration. */
  readonly publicKey: string | undefined
  readonly registeredAt: Instant
  readonly revokedAt: Instant | undefined
}

interface TerminalRow {
  device_id: string
  store: string
  channel: string
  public_key: string | null
  registered_at: Instant
  revoked_at: Instant | null
}

const columns = 'device_id, store, channel, public_key, registered_at, revoked_at'

const terminalFrom = (row: TerminalRow): Terminal => ({
  deviceId: row.device_id,
  store: row.store,
  channel: row.channel,
  publicKey: row.public_key ?? undefined,
  registeredAt: row.registered_at,
  revokedAt: row.revoked_at ?? undefined,
})

export async function readTerminal(query: Query, deviceId: string): Promise<Terminal | undefined> {
  const [row] = await query<TerminalRow>(
    `/* readTerminal */ select ${columns} from terminal where device_id = $1`,
    [deviceId],
  )
  return row && terminalFrom(row)
}

export async function listTerminals(query: Query): Promise<Terminal[]> {
  const rows = await query<TerminalRow>(
    `/* listTerminals */ select ${columns} from terminal order by device_id`,
  )
  return rows.map(terminalFrom)
}

/** Registered again, it has its new key only; what it has handed in stays known. */
export async function saveTerminal(query: Query, terminal: Terminal, by: string): Promise<void> {
  await query(
    `/* saveTerminal */
     insert into terminal (device_id, store, channel, public_key, registered_by, registered_at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict on constraint terminal_key do update set
       store = excluded.store, channel = excluded.channel, public_key = excluded.public_key,
       registered_by = excluded.registered_by, registered_at = excluded.registered_at, revoked_at = null`,
    [
      terminal.deviceId,
      terminal.store,
      terminal.channel,
      terminal.publicKey ?? null,
      by,
      toIso(terminal.registeredAt),
    ],
  )
}

export async function revokeTerminal(query: Query, deviceId: string, now: Instant): Promise<void> {
  await query(
    `/* revokeTerminal */ update terminal set revoked_at = $2 where device_id = $1 and revoked_at is null`,
    [deviceId, toIso(now)],
  )
}

/**
 * Takes sequence numbers for what came with them, where nobody has taken them before. Answers the digest that each
 * number stands for.
 */
export async function claimSequences(
  query: Query,
  deviceId: string,
  events: readonly { readonly sequence: number; readonly digest: Buffer }[],
  now: Instant,
): Promise<Map<number, Buffer>> {
  const sequences = events.map(({ sequence }) => sequence)
  await query(
    `/* claimSequences */
     insert into terminal_event (device_id, sequence, digest, received_at)
     select $1, sequence, digest, $4
     from unnest($2::bigint[], $3::bytea[]) as event (sequence, digest)
     order by sequence
     on conflict on constraint terminal_event_key do nothing`,
    [deviceId, sequences, events.map(({ digest }) => digest), toIso(now)],
  )
  const rows = await query<{ sequence: bigint; digest: Buffer }>(
    `/* claimedSequences */
     select sequence, digest from terminal_event where device_id = $1 and sequence = any($2::bigint[])`,
    [deviceId, sequences],
  )
  return new Map(rows.map(({ sequence, digest }) => [Number(sequence), digest]))
}

/** They were dealt with: recorded, or refused for good reasons that were told. */
export async function markRecorded(
  query: Query,
  deviceId: string,
  sequences: readonly number[],
  now: Instant,
): Promise<void> {
  await query(
    `/* markRecorded */
     update terminal_event set recorded_at = $3
     where device_id = $1 and sequence = any($2::bigint[]) and recorded_at is null`,
    [deviceId, sequences, toIso(now)],
  )
}

/** Runs of numbers below the highest that have not come, or were not dealt with. */
export async function missingSequences(
  query: Query,
  deviceId: string,
  limit: number,
): Promise<{ from: bigint; to: bigint }[]> {
  return query<{ from: bigint; to: bigint }>(
    `/* missingSequences */
     select before + 1 as "from", sequence - 1 as "to"
     from (
       select sequence, lag(sequence, 1, 0::bigint) over (order by sequence) as before
       from terminal_event where device_id = $1 and recorded_at is not null
     ) as come
     where sequence > before + 1
     order by sequence limit $2`,
    [deviceId, limit],
  )
}
