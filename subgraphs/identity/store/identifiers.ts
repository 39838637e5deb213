import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { IdentityKind } from '../domain/kinds.ts'

/** The one place that says which member an identifier leads to. Its row is also its lock. */
export interface IdentifierClaim {
  readonly kind: IdentityKind
  readonly scope: string
  readonly hash: Buffer
  readonly memberId: MemberId
}

/**
 * Takes the identifiers that lead to nobody for `memberId`, and answers to whom each leads then. Whoever else wants
 * one of them waits until this transaction ends. In order of hash, so that two such claims do not block each other.
 */
export async function claimIdentifiers(
  tx: Tx,
  claims: readonly IdentifierClaim[],
): Promise<Map<string, MemberId>> {
  for (;;) {
    const [taken] = await tx.query<{ count: number }>(
      `/* claimIdentifiers */
       with claimed as (
         ${INSERT} on conflict on constraint identifier_key do nothing returning 1
       )
       select count(*)::integer as count from claimed`,
      columnsOf(claims),
    )
    if (taken!.count === claims.length) {
      return new Map(claims.map(({ hash, memberId }) => [hash.toString('hex'), memberId]))
    }
    const owners = await findOwners(
      tx,
      claims.map(({ hash }) => hash),
    )
    // Somebody's when it was claimed, and nobody's since: it is to be had now.
    if (claims.every(({ hash }) => owners.has(hash.toString('hex')))) return owners
  }
}

/** Identifiers that lead to nobody and that nobody else can claim; without looking for them, it takes two thirds of the time. */
export async function insertIdentifiers(tx: Tx, claims: readonly IdentifierClaim[]): Promise<void> {
  await tx.query(`/* insertIdentifiers */ ${INSERT}`, columnsOf(claims))
}

/** In order of hash, which is that of the index. */
function columnsOf(claims: readonly IdentifierClaim[]): unknown[] {
  const ordered = claims.toSorted((a, b) => Buffer.compare(a.hash, b.hash))
  return [
    ordered.map(({ hash }) => hash),
    ordered.map(({ kind }) => kind),
    ordered.map(({ scope }) => scope),
    ordered.map(({ memberId }) => memberId),
  ]
}

const INSERT = `
  insert into identifier (hash, kind, scope, member_id)
  select * from unnest($1::bytea[], $2::text[], $3::text[], $4::uuid[])`

/** To whom identifiers lead, by the hex text of their hash. */
export async function findOwners(
  db: { query: Query },
  hashes: readonly Buffer[],
): Promise<Map<string, MemberId>> {
  const rows = await db.query<OwnerColumns>(
    `/* findOwners */ select hash, member_id from identifier where hash = any($1::bytea[])`,
    [hashes],
  )
  return ownersByHash(rows)
}

/** Hands claimed identifiers on: those in `kept` to the member that was found, the others to nobody. */
export async function settleClaims(
  tx: Tx,
  options: { claimedFor: MemberId; hashes: readonly Buffer[]; kept: readonly Buffer[]; memberId?: MemberId },
): Promise<void> {
  const { claimedFor, hashes, kept, memberId } = options
  if (memberId !== undefined && kept.length > 0) {
    await tx.query(
      `/* giveIdentifiers */
       update identifier set member_id = $3 where hash = any($1::bytea[]) and member_id = $2`,
      [kept, claimedFor, memberId],
    )
  }
  await tx.query(
    `/* releaseIdentifiers */ delete from identifier where hash = any($1::bytea[]) and member_id = $2`,
    [hashes, claimedFor],
  )
}

/** Hands claimed identifiers on, each to the member that its claimant turned out to be. */
export async function handOverClaims(
  tx: Tx,
  claims: readonly { hash: Buffer; from: MemberId; to: MemberId }[],
): Promise<void> {
  await tx.query(
    `/* handOverClaims */
     update identifier set member_id = given.receiver
     from unnest($1::bytea[], $2::uuid[], $3::uuid[]) as given(hash, claimant, receiver)
     where identifier.hash = given.hash and identifier.member_id = given.claimant`,
    [claims.map(({ hash }) => hash), claims.map(({ from }) => from), claims.map(({ to }) => to)],
  )
}

/** Identifiers lead to these members no more. */
export async function releaseIdentifiers(
  tx: Tx,
  hashes: readonly Buffer[],
  memberIds: readonly string[],
): Promise<void> {
  await tx.query(
    `/* releaseIdentifiersOf */
     delete from identifier where hash = any($1::bytea[]) and member_id = any($2::uuid[])`,
    [hashes, memberIds],
  )
}

/** An identifier that one member had is another's. */
export async function handOverIdentifier(tx: Tx, hash: Buffer, from: MemberId, to: MemberId): Promise<void> {
  await tx.query(
    `/* handOverIdentifier */ update identifier set member_id = $3 where hash = $1 and member_id = $2`,
    [hash, from, to],
  )
}

interface OwnerColumns {
  hash: Buffer
  member_id: MemberId
}

const ownersByHash = (rows: readonly OwnerColumns[]): Map<string, MemberId> =>
  new Map(rows.map((row) => [row.hash.toString('hex'), row.member_id]))
