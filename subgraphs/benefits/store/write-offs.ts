import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { EntitlementId, MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { WriteOff } from '../domain/write-off.ts'
import type { EntitlementKey } from './entitlements.ts'

interface WriteOffRow {
  member_id: MemberId
  id: string
  entitlement_id: EntitlementId
  number: number
  partner: string | null
  store: string | null
  at: Instant
  reversed_at: Instant | null
}

const fromRow = (row: WriteOffRow): WriteOff => ({
  holderId: row.member_id,
  id: row.id,
  entitlementId: row.entitlement_id,
  number: row.number,
  partner: row.partner ?? undefined,
  store: row.store ?? undefined,
  at: row.at,
  reversedAt: row.reversed_at ?? undefined,
})

/** The numbers of an entitlement's write-offs that were not reversed. */
export async function standingNumbers(tx: Tx, { holderId, id }: EntitlementKey): Promise<number[]> {
  const rows = await tx.query<{ number: number }>(
    `/* standingNumbers */
     select number from write_off where member_id = $1 and entitlement_id = $2 and reversed_at is null`,
    [holderId, id],
  )
  return rows.map((row) => row.number)
}

export async function insertWriteOff(tx: Tx, writeOff: WriteOff, writtenOffBy: string): Promise<void> {
  await tx.query(
    `/* insertWriteOff */
     insert into write_off (member_id, id, entitlement_id, number, partner, store, at, written_off_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      writeOff.holderId,
      writeOff.id,
      writeOff.entitlementId,
      writeOff.number,
      writeOff.partner ?? null,
      writeOff.store ?? null,
      toIso(writeOff.at),
      writtenOffBy,
    ],
  )
  await tx.query(
    `/* insertWriteOffMember */ insert into write_off_member (write_off_id, member_id) values ($1, $2)`,
    [writeOff.id, writeOff.holderId],
  )
}

/** As it stands; lock its entitlement and read it again before deciding. */
export async function findWriteOff(query: Query, id: string): Promise<WriteOff | undefined> {
  const [place] = await query<{ member_id: MemberId }>(
    `/* memberOfWriteOff */ select member_id from write_off_member where write_off_id = $1`,
    [id],
  )
  if (!place) return undefined
  const [row] = await query<WriteOffRow>(
    `/* findWriteOff */ select * from write_off where member_id = $1 and id = $2`,
    [place.member_id, id],
  )
  return row && fromRow(row)
}

export async function markReversed(
  tx: Tx,
  writeOff: WriteOff,
  why: { at: Instant; by: string; reason: string },
): Promise<void> {
  await tx.query(
    `/* markReversed */
     update write_off set reversed_at = $3, reversed_by = $4, reversal_reason = $5
     where member_id = $1 and id = $2`,
    [writeOff.holderId, writeOff.id, toIso(why.at), why.by, why.reason],
  )
}

/** Oldest first. */
export async function writeOffsOf(query: Query, keys: readonly EntitlementKey[]): Promise<WriteOff[]> {
  const rows = await query<WriteOffRow>(
    `/* writeOffsOf */
     select w.* from unnest($1::uuid[], $2::uuid[]) as wanted (member_id, entitlement_id)
     join write_off w on w.member_id = wanted.member_id and w.entitlement_id = wanted.entitlement_id
     order by w.at, w.id`,
    [keys.map((key) => key.holderId), keys.map((key) => key.id)],
  )
  return rows.map(fromRow)
}
