import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { AccountBook } from '../domain/account-book.ts'
import type { Asset } from '../domain/asset.ts'
import { type LotMove, lotsFrom, lotsText } from '../domain/entry.ts'
import { HOMEWARD, type Homeward } from '../domain/homeward.ts'
import type { AccountKey } from './accounts.ts'
import type { Origin, OriginKeys } from './origins.ts'

/** Something on its way to a member, from the account that it has left. */
export interface OnTheWay extends AccountKey {
  readonly documentId: string
  readonly originId: string
  readonly kind: Homeward['kind']
  readonly lots: readonly (LotMove & { readonly asset: Asset })[]
}

interface HomewardRow {
  member_id: string
  document_id: string
  program_key: number
  origin_id: string
  kind: Homeward['kind']
  lots: string
}

/** The migration that made the table made this origin, for nobody can be asked for it where nobody acts. */
const OWN_ORIGIN = 0

export const withOwnOrigin =
  (origins: OriginKeys): OriginKeys =>
  (origin: Origin) =>
    origin.channel === HOMEWARD.channel && origin.operator === HOMEWARD.operator
      ? OWN_ORIGIN
      : origins(origin)

/** Writes down what leaves accounts, with the postings by which it does. */
export function insertHomeward(
  tx: Tx,
  books: readonly (readonly [AccountKey, AccountBook])[],
  now: Instant,
): void {
  const leaving = books.flatMap(([key, book]) => book.homeward.map((one) => ({ ...key, ...one })))
  if (leaving.length === 0) return
  tx.send(
    `/* insertHomeward */
     insert into homeward (member_id, document_id, program_key, origin_id, kind, lots, left_at)
     select *, $7 from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::uuid[], $5::text[], $6::text[])`,
    [
      leaving.map(({ memberId }) => memberId),
      leaving.map(({ document }) => document.id),
      leaving.map(({ programKey }) => programKey),
      leaving.map(({ origin }) => origin),
      leaving.map(({ kind }) => kind),
      leaving.map(({ lots }) => lotsText(lots.map((part) => ({ ...part, amount: 0n, after: 0n })))),
      toIso(now),
    ],
  )
}

/** What has left first, of one account or of any. */
export async function findHomeward(
  query: Query,
  { memberId, limit }: { readonly memberId?: string; readonly limit: number },
): Promise<{ memberId: string; documentId: string; originId: string }[]> {
  const rows = await query<HomewardRow>(
    `/* findHomeward */
     select member_id, document_id, origin_id from homeward
     where $1::uuid is null or member_id = $1
     order by left_at, document_id limit $2`,
    [memberId ?? null, limit],
  )
  return rows.map((row) => ({
    memberId: row.member_id,
    documentId: row.document_id,
    originId: row.origin_id,
  }))
}

/** Takes it off the list for who brings it home; undefined: somebody else does, or has. */
export async function takeHomeward(
  tx: Tx,
  { memberId, documentId }: { readonly memberId: string; readonly documentId: string },
): Promise<OnTheWay | undefined> {
  const [row] = await tx.query<HomewardRow>(
    `/* takeHomeward */
     delete from homeward where member_id = $1 and document_id = $2
     returning member_id, document_id, program_key, origin_id, kind, lots`,
    [memberId, documentId],
  )
  return (
    row && {
      memberId: row.member_id,
      programKey: row.program_key,
      documentId: row.document_id,
      originId: row.origin_id,
      kind: row.kind,
      lots: lotsFrom(row.lots),
    }
  )
}
