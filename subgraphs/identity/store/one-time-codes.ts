import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { CodePurpose, OneTimeCode } from '../domain/one-time-code.ts'

export interface OneTimeCodeRow extends OneTimeCode {
  readonly id: string
}

/** One request for a code at a time for each phone, so that the limits hold. The number is only a lock's name. */
export async function lockPhone(tx: Tx, phoneHash: Buffer): Promise<void> {
  await tx.query(`/* lockPhone */ select pg_advisory_xact_lock($1::bigint)`, [
    phoneHash.readBigInt64BE(0).toString(),
  ])
}

/** When codes for a phone were asked for since a moment, newest first. */
export async function codesRequestedSince(tx: Tx, phoneHash: Buffer, since: Instant): Promise<Instant[]> {
  const rows = await tx.query<{ requested_at: Instant }>(
    `/* codesRequestedSince */
     select requested_at from one_time_code where phone_hash = $1 and requested_at > $2
     order by requested_at desc`,
    [phoneHash, toIso(since)],
  )
  return rows.map((row) => row.requested_at)
}

export async function insertCode(
  tx: Tx,
  code: {
    phoneHash: Buffer
    id: string
    purpose: CodePurpose
    tries: number
    requestedAt: Instant
    expiresAt: Instant
  },
): Promise<void> {
  await tx.query(
    `/* insertCode */
     insert into one_time_code (phone_hash, id, purpose, tries_left, requested_at, expires_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [code.phoneHash, code.id, code.purpose, code.tries, toIso(code.requestedAt), toIso(code.expiresAt)],
  )
}

/** The last code that was asked for, held so that two attempts are two tries. */
export async function lockLatestCode(
  tx: Tx,
  phoneHash: Buffer,
  purpose: CodePurpose,
): Promise<OneTimeCodeRow | undefined> {
  const [row] = await tx.query<{
    id: string
    tries_left: number
    expires_at: Instant
    used_at: Instant | null
  }>(
    `/* lockLatestCode */
     select id, tries_left, expires_at, used_at from one_time_code
     where phone_hash = $1 and purpose = $2
     order by requested_at desc, id desc limit 1
     for update`,
    [phoneHash, purpose],
  )
  return (
    row && {
      id: row.id,
      triesLeft: row.tries_left,
      expiresAt: row.expires_at,
      usedAt: row.used_at ?? undefined,
    }
  )
}

/** Has a code been sent? `sentAt` is undefined until one has succeeded. */
export async function findCode(
  db: { query: Query },
  phoneHash: Buffer,
  id: string,
): Promise<{ sentAt: Instant | undefined } | undefined> {
  const [row] = await db.query<{ sent_at: Instant | null }>(
    `/* findCode */ select sent_at from one_time_code where phone_hash = $1 and id = $2`,
    [phoneHash, id],
  )
  return row && { sentAt: row.sent_at ?? undefined }
}

export async function markCodeSent(db: { query: Query }, phoneHash: Buffer, id: string, at: Instant) {
  await db.query(
    `/* markCodeSent */ update one_time_code set sent_at = $3 where phone_hash = $1 and id = $2`,
    [phoneHash, id, toIso(at)],
  )
}

export async function markCodeUsed(tx: Tx, phoneHash: Buffer, id: string, at: Instant): Promise<void> {
  await tx.query(
    `/* markCodeUsed */ update one_time_code set used_at = $3 where phone_hash = $1 and id = $2`,
    [phoneHash, id, toIso(at)],
  )
}

export async function countWrongTry(tx: Tx, phoneHash: Buffer, id: string): Promise<void> {
  await tx.query(
    `/* countWrongTry */
     update one_time_code set tries_left = tries_left - 1 where phone_hash = $1 and id = $2 and tries_left > 0`,
    [phoneHash, id],
  )
}

export async function deleteCodesExpiredBefore(tx: Tx, at: Instant): Promise<void> {
  await tx.query(`/* deleteExpiredCodes */ delete from one_time_code where expires_at < $1`, [toIso(at)])
}
