import type { Query } from '../../../kernel/db/statement.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { awardsFrom, countersFrom, linesFrom } from '../domain/document-text.ts'
import type { SourceDocument } from '../domain/posting.ts'
import type { AccountKey } from './accounts.ts'
import { type EntryRow, entryColumns, entryFrom, type RecordedEntry } from './entries.ts'
import { operatorColumn } from './origins.ts'

/** A document with the first entry that it led to: one row holds both. */
export interface RecordedDocument extends SourceDocument {
  readonly recordedAt: Instant
  readonly entry: RecordedEntry
}

export interface DocumentRow extends EntryRow {
  document_id: string
  document_kind: SourceDocument['kind']
  rule_version: number
  channel: string
  store: string | null
  operator: string
  number: string
  subject: string | null
  quantity: number | null
  amount: bigint | null
  lines: string | null
  awards: string | null
  counted: string | null
  tier_before: string
  tier_after: string | null
  body: Buffer
}

/** Of an entry that began a document, and of its origin. */
export const documentColumns = `${entryColumns}, entry.document_kind, entry.rule_version, origin.channel, origin.store,
  ${operatorColumn} as operator, entry.number, entry.subject, entry.quantity, entry.amount, entry.lines, entry.awards, entry.counted,
  entry.tier_before, entry.tier_after, entry.body`

/** All documents of some accounts, in the order in which they were recorded. */
export async function readDocumentsOf(
  query: Query,
  keys: readonly AccountKey[],
): Promise<RecordedDocument[]> {
  const rows = await query<DocumentRow>(
    `/* readDocumentsOf */
     select ${documentColumns}
     from entry
     join unnest($1::uuid[], $2::smallint[]) as wanted (member_id, program_key) using (member_id, program_key)
     join origin using (origin_key)
     where entry.document_kind is not null
     order by member_id, program_key, seq`,
    [keys.map(({ memberId }) => memberId), keys.map(({ programKey }) => programKey)],
  )
  return rows.map(documentFrom)
}

/** Which documents are on record: of most that are asked for none is. */
export async function readRecordedIds(query: Query, ids: readonly string[]): Promise<string[]> {
  const rows = await query<{ id: string }>(
    `/* readRecordedIds */
     select document_id as id from entry where document_id = any($1::uuid[]) and document_kind is not null`,
    [ids],
  )
  return rows.map(({ id }) => id)
}

/** Documents by their ids, whosesoever they are: an id is used once for ever, by one member. */
export async function readDocuments(
  query: Query,
  ids: readonly string[],
): Promise<Map<string, RecordedDocument>> {
  const rows = await query<DocumentRow>(
    `/* readDocuments */
     select ${documentColumns}
     from entry
     join origin using (origin_key)
     where entry.document_id = any($1::uuid[]) and entry.document_kind is not null`,
    [ids],
  )
  return new Map(rows.map((row) => [row.document_id, documentFrom(row)]))
}

/** Returns of some purchases, by the id of the purchase, as they were recorded. */
export async function readReturnsOf(
  query: Query,
  purchases: readonly SourceDocument[],
): Promise<Map<string, RecordedDocument[]>> {
  const rows = await query<DocumentRow>(
    `/* readReturnsOf */
     select ${documentColumns}
     from unnest($1::uuid[], $2::smallint[], $3::text[]) as purchase (member_id, program_key, id)
     join entry on entry.member_id = purchase.member_id and entry.program_key = purchase.program_key
     join origin using (origin_key)
     where entry.document_kind = 'return' and entry.subject = purchase.id
     order by entry.seq`,
    [
      purchases.map(({ memberId }) => memberId),
      purchases.map(({ programKey }) => programKey),
      purchases.map(({ id }) => id),
    ],
  )
  return Map.groupBy(rows.map(documentFrom), ({ subject }) => subject!)
}

export const documentFrom = (row: DocumentRow): RecordedDocument => ({
  memberId: row.member_id,
  id: row.document_id,
  programKey: row.program_key,
  ruleVersion: row.rule_version,
  kind: row.document_kind,
  channel: row.channel,
  number: row.number,
  store: row.store ?? undefined,
  operator: row.operator,
  subject: row.subject ?? undefined,
  quantity: row.quantity ?? undefined,
  amount: row.amount ?? undefined,
  lines: linesFrom(row.lines ?? ''),
  awards: awardsFrom(row.awards ?? ''),
  counted: row.counted === null ? undefined : countersFrom(row.counted),
  tierBefore: row.tier_before,
  tierAfter: row.tier_after ?? row.tier_before,
  effectiveAt: row.effective_at,
  recordedAt: row.recorded_at,
  body: row.body,
  entry: entryFrom(row),
})
