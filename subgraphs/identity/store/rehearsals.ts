import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { IdentityKind } from '../domain/kinds.ts'
import type { HeldIdentifier } from '../domain/one-id.ts'

/** An identifier that a line of a dry run would have bound, and to whom: a member, or somebody who would have begun. */
export interface RehearsedIdentifier {
  readonly hash: Buffer
  readonly kind: IdentityKind
  readonly scope: string
  readonly personId: MemberId
}

/** To whom identifiers would lead by the calls before, by the hex text of their hash. */
export async function findRehearsedOwners(
  db: { query: Query },
  rehearsal: string,
  hashes: readonly Buffer[],
): Promise<Map<string, MemberId>> {
  const rows = await db.query<{ hash: Buffer; person_id: MemberId }>(
    `/* findRehearsedOwners */
     select hash, person_id from rehearsed_identifier where rehearsal = $1 and hash = any($2::bytea[])`,
    [rehearsal, hashes],
  )
  return new Map(rows.map((row) => [row.hash.toString('hex'), row.person_id]))
}

/** What persons would have by the calls before. */
export async function findRehearsedOf(
  db: { query: Query },
  rehearsal: string,
  personIds: readonly MemberId[],
): Promise<HeldIdentifier[]> {
  if (personIds.length === 0) return []
  const rows = await db.query<{ hash: Buffer; kind: IdentityKind; scope: string; person_id: MemberId }>(
    `/* findRehearsedOf */
     select hash, kind, scope, person_id from rehearsed_identifier
     where rehearsal = $1 and person_id = any($2::uuid[])`,
    [rehearsal, personIds],
  )
  return rows.map(({ hash, kind, scope, person_id: memberId }) => ({
    hash: hash.toString('hex'),
    kind,
    scope,
    memberId,
  }))
}

/** The same call sent twice says the same. */
export async function insertRehearsed(
  tx: Tx,
  rehearsal: string,
  identifiers: readonly RehearsedIdentifier[],
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* insertRehearsed */
     insert into rehearsed_identifier (rehearsal, hash, kind, scope, person_id, rehearsed_at)
     select $1, hash, kind, scope, person_id, $6
     from unnest($2::bytea[], $3::text[], $4::text[], $5::uuid[]) as given(hash, kind, scope, person_id)
     on conflict on constraint rehearsed_identifier_key do nothing`,
    [
      rehearsal,
      identifiers.map(({ hash }) => hash),
      identifiers.map(({ kind }) => kind),
      identifiers.map(({ scope }) => scope),
      identifiers.map(({ personId }) => personId),
      toIso(at),
    ],
  )
}

export async function deleteRehearsedBefore(tx: Tx, at: Instant): Promise<void> {
  await tx.query(`/* deleteRehearsedBefore */ delete from rehearsed_identifier where rehearsed_at < $1`, [
    toIso(at),
  ])
}
