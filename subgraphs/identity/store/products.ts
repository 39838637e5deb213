import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { Acquisition, Ending } from '../domain/products.ts'
import type { ProductKind } from '../domain/serial.ts'

/** A product on its owner's side, for as long as it was the owner's. */
export interface OwnedProductRow {
  readonly memberId: MemberId
  readonly id: string
  readonly kind: ProductKind
  readonly make: string
  readonly serialHash: Buffer
  readonly sealedSerial: Buffer
  readonly model: string | undefined
  readonly boughtOn: string | undefined
  readonly dealer: string | undefined
  readonly verified: boolean
  readonly acquiredBy: Acquisition
  readonly formerOwner: MemberId | undefined
  readonly recordedBy: string
  readonly ownedSince: Instant
  readonly ownedUntil: Instant | undefined
  readonly endedBecause: Ending | undefined
  readonly nextOwner: MemberId | undefined
}

/** Who has a serial now. */
export interface SerialHolder {
  readonly memberId: MemberId
  readonly productId: string
  readonly verified: boolean
}

/** Takes a serial that nobody has; answers who had it, if somebody did. Whoever else wants it waits. */
export async function takeSerial(
  tx: Tx,
  hash: Buffer,
  holder: SerialHolder,
): Promise<SerialHolder | undefined> {
  const taken = await tx.query(
    `/* takeSerial */
     insert into product_serial (hash, member_id, product_id, verified) values ($1, $2, $3, $4)
     on conflict on constraint product_serial_key do nothing returning hash`,
    [hash, holder.memberId, holder.productId, holder.verified],
  )
  return taken.length > 0 ? undefined : lockSerial(tx, hash)
}

async function lockSerial(tx: Tx, hash: Buffer): Promise<SerialHolder | undefined> {
  const [row] = await tx.query<{ member_id: MemberId; product_id: string; verified: boolean }>(
    `/* lockSerial */ select member_id, product_id, verified from product_serial where hash = $1 for update`,
    [hash],
  )
  return row && { memberId: row.member_id, productId: row.product_id, verified: row.verified }
}

/** Nobody has it after all. */
export async function releaseSerial(tx: Tx, hash: Buffer): Promise<void> {
  await tx.query(`/* releaseSerial */ delete from product_serial where hash = $1`, [hash])
}

export async function giveSerial(tx: Tx, hash: Buffer, holder: SerialHolder): Promise<void> {
  await tx.query(
    `/* giveSerial */ update product_serial set member_id = $2, product_id = $3, verified = $4 where hash = $1`,
    [hash, holder.memberId, holder.productId, holder.verified],
  )
}

export async function insertOwnedProduct(tx: Tx, product: OwnedProductRow): Promise<void> {
  await tx.query(
    `/* insertOwnedProduct */
     insert into owned_product (member_id, id, kind, make, serial_hash, sealed_serial, model, bought_on, dealer,
       verified, acquired_by, former_owner, recorded_by, owned_since)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      product.memberId,
      product.id,
      product.kind,
      product.make,
      product.serialHash,
      product.sealedSerial,
      product.model ?? null,
      product.boughtOn ?? null,
      product.dealer ?? null,
      product.verified,
      product.acquiredBy,
      product.formerOwner ?? null,
      product.recordedBy,
      toIso(product.ownedSince),
    ],
  )
}

/** Somebody who may know says that a claim is true; what the claim left open is filled in. */
export async function verifyOwnedProduct(
  tx: Tx,
  product: Pick<OwnedProductRow, 'memberId' | 'id' | 'model' | 'boughtOn' | 'dealer' | 'recordedBy'>,
): Promise<{
  readonly model: string | null
  readonly boughtOn: string | null
  readonly dealer: string | null
}> {
  const [stated] = await tx.query<{ model: string | null; boughtOn: string | null; dealer: string | null }>(
    `/* verifyOwnedProduct */
     update owned_product set verified = true, recorded_by = $6,
       model = coalesce($3, model), bought_on = coalesce($4, bought_on), dealer = coalesce($5, dealer)
     where member_id = $1 and id = $2
     returning model, bought_on::text as "boughtOn", dealer`,
    [
      product.memberId,
      product.id,
      product.model ?? null,
      product.boughtOn ?? null,
      product.dealer ?? null,
      product.recordedBy,
    ],
  )
  return stated!
}

export async function endOwnership(
  tx: Tx,
  product: { memberId: string; id: string },
  end: { because: Ending; nextOwner: string | undefined; at: Instant },
): Promise<void> {
  await tx.query(
    `/* endOwnership */
     update owned_product set owned_until = $3, ended_because = $4, next_owner = $5
     where member_id = $1 and id = $2`,
    [product.memberId, product.id, toIso(end.at), end.because, end.nextOwner ?? null],
  )
}

/** Holds a product that is a person's now, under whichever id. */
export async function lockOwnedProduct(
  tx: Tx,
  memberIds: readonly string[],
  id: string,
): Promise<OwnedProductRow | undefined> {
  const [row] = await tx.query<Columns>(
    `/* lockOwnedProduct */
     select * from owned_product where member_id = any($1::uuid[]) and id = $2 and owned_until is null for update`,
    [memberIds, id],
  )
  return row && productOf(row)
}

/** Those of members by their present ids, with those of members merged into them. */
export async function findOwnedProducts(
  db: { query: Query },
  memberIds: readonly string[],
): Promise<(OwnedProductRow & { personId: MemberId })[]> {
  const rows = await db.query<Columns & { person_id: MemberId }>(
    `/* findOwnedProducts */
     select owned_product.*, coalesce(holder.merged_into, holder.member_id) as person_id
     from member as holder join owned_product using (member_id)
     where holder.member_id = any($1::uuid[]) or holder.merged_into = any($1::uuid[])
     order by owned_since, id`,
    [memberIds],
  )
  return rows.map((row) => ({ personId: row.person_id, ...productOf(row) }))
}

interface Columns {
  member_id: MemberId
  id: string
  kind: ProductKind
  make: string
  serial_hash: Buffer
  sealed_serial: Buffer
  model: string | null
  bought_on: string | null
  dealer: string | null
  verified: boolean
  acquired_by: Acquisition
  former_owner: MemberId | null
  recorded_by: string
  owned_since: Instant
  owned_until: Instant | null
  ended_because: Ending | null
  next_owner: MemberId | null
}

const productOf = (row: Columns): OwnedProductRow => ({
  memberId: row.member_id,
  id: row.id,
  kind: row.kind,
  make: row.make,
  serialHash: row.serial_hash,
  sealedSerial: row.sealed_serial,
  model: row.model ?? undefined,
  boughtOn: row.bought_on ?? undefined,
  dealer: row.dealer ?? undefined,
  verified: row.verified,
  acquiredBy: row.acquired_by,
  formerOwner: row.former_owner ?? undefined,
  recordedBy: row.recorded_by,
  ownedSince: row.owned_since,
  ownedUntil: row.owned_until ?? undefined,
  endedBecause: row.ended_because ?? undefined,
  nextOwner: row.next_owner ?? undefined,
})
