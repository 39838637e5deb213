import { RowWriter } from '../../../kernel/db/row-writer.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { InvariantError } from '../../../kernel/values/assert.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { AccountBook } from '../domain/account-book.ts'
import type { Asset } from '../domain/asset.ts'
import type { Move } from '../domain/entry.ts'
import type { SourceDocument } from '../domain/posting.ts'
import { type SealedEntry, seal } from '../domain/seal.ts'
import { type AccountKey, accountRows, SAVE_ACCOUNTS } from './accounts.ts'
import { saveHolds } from './holds.ts'
import { insertHomeward, withOwnOrigin } from './homeward.ts'
import { type OriginKeys, originOf } from './origins.ts'
import { insertTierRequests } from './tier-requests.ts'

type Books = readonly (readonly [AccountKey, AccountBook])[]

/**
 * Sends all that a batch of postings changed: one statement for what each changes, and one a table for the rest, however
 * many members it touches. None depends on another's rows; whether they went well shows in the commit.
 */
export function writePostings(
  tx: Tx,
  books: Books,
  documents: readonly SourceDocument[],
  origins: OriginKeys,
  now: Instant,
): void {
  const changed = books.filter(([, book]) => book.changed)
  const left = changed.flatMap(([, book]) => book.homeward.map(({ document }) => document))
  const byId = new Map([...left, ...documents].map((document) => [document.id, document]))
  const heads = new Map<AccountBook, string>()
  const entries = changed.flatMap(([, book]) => {
    const sealed = seal(book.head, book.entries, byId, now)
    const last = sealed.at(-1)
    if (last) heads.set(book, last.hash)
    return sealed
  })
  if (changed.length > 0) {
    tx.send(WRITE_BOOKS, [
      entryRows(tx, entries, withOwnOrigin(origins), now),
      accountRows(tx, changed, heads),
    ])
  }
  insertTierChanges(tx, changed)
  saveHolds(tx, changed)
  insertTierRequests(tx, changed)
  insertHomeward(tx, changed, now)
}

/** The same where nothing comes from a document: what fell due by itself, or follows from what others say. */
export const writeSettled = (tx: Tx, books: Books, now: Instant): void =>
  writePostings(tx, books, [], NO_ORIGINS, now)

const NO_ORIGINS: OriginKeys = () => {
  throw new InvariantError('what falls due by itself comes from no document')
}

/**
 * Entries and accounts. Documents in the order of their ids, so that two batches with the same bills wait instead of crossing.
 */
const WRITE_BOOKS = `/* writeBooks */
  with entered as (
    insert into entry select * from unnest($1::entry[]) order by document_id
  )
  ${SAVE_ACCOUNTS}`

/** The columns of `entry`. */
const COLUMNS = 30

function entryRows(
  tx: Tx,
  entries: readonly SealedEntry[],
  origins: OriginKeys,
  recordedAt: Instant,
): Buffer {
  const rows = new RowWriter(tx.typeNumber('entry'), COLUMNS, entries.length)
  const kinds = { entry: tx.typeNumber('entry_kind'), document: tx.typeNumber('document_kind') }
  for (const entry of entries) writeEntry(rows, kinds, entry, origins, recordedAt)
  return rows.end()
}

/** All columns in their order. */
function writeEntry(
  rows: RowWriter,
  kinds: { entry: number; document: number },
  { entry, document, lots, hash }: SealedEntry,
  origins: OriginKeys,
  recordedAt: Instant,
): void {
  const { memberId, programKey, seq, documentId, kind, moves, effectiveAt } = entry
  const { source } = document ?? {}
  rows.beginRow()
  rows.uuid(memberId)
  rows.uuid(documentId)
  rows.moment(effectiveAt)
  rows.moment(recordedAt)
  writeMoved(rows, moves, 'points')
  writeMoved(rows, moves, 'growth')
  writeMoved(rows, moves, 'principal')
  writeMoved(rows, moves, 'bonus')
  rows.int8(source?.amount)
  rows.int4(seq)
  rows.text(kind, kinds.entry)
  rows.text(source?.kind, kinds.document)
  rows.int4(source?.ruleVersion)
  rows.int4(source && origins(originOf(source)))
  rows.int4(source?.quantity)
  rows.int2(programKey)
  rows.text(lots)
  rows.hex(hash)
  rows.bytes(source?.body)
  rows.text(source?.number)
  rows.text(source?.subject)
  rows.text(document?.lines || null)
  rows.text(document?.awards || null)
  rows.text(document?.counted || null)
  rows.text(source?.tierBefore)
  rows.text(source?.tierAfter === source?.tierBefore ? null : source?.tierAfter)
}

function writeMoved(rows: RowWriter, moves: readonly Move[], asset: Asset): void {
  const move = moves.find((one) => one.asset === asset)
  rows.int8(move?.amount)
  rows.int8(move?.after)
}

function insertTierChanges(tx: Tx, books: Books): void {
  const changes = books.flatMap(([key, book]) => book.tierChanges.map((change) => ({ ...key, ...change })))
  if (changes.length === 0) return
  tx.send(
    `/* insertTierChanges */
     insert into tier_change (member_id, program_key, sequence, from_tier, to_tier, at, document_id, reason)
     select * from unnest($1::uuid[], $2::smallint[], $3::integer[], $4::text[], $5::text[], $6::timestamptz[], $7::uuid[],
                          $8::tier_reason[])`,
    [
      changes.map((change) => change.memberId),
      changes.map((change) => change.programKey),
      changes.map((change) => change.sequence),
      changes.map((change) => change.from),
      changes.map((change) => change.to),
      changes.map((change) => toIso(change.at)),
      changes.map((change) => change.documentId ?? null),
      changes.map((change) => change.reason),
    ],
  )
}
