import type { Query } from '../../../kernel/db/statement.ts'
import type { Entry } from '../domain/entry.ts'
import type { AccountKey } from './accounts.ts'
import { type EntryRow, entryColumns, entryFrom, type RecordedEntry } from './entries.ts'

/** All entries of the document that an entry begins: they follow each other. */
export async function readEntriesOf(
  query: Query,
  { memberId, programKey, seq, documentId }: Entry,
): Promise<RecordedEntry[]> {
  const rows = await query<EntryRow>(
    `/* readEntriesOf */
     select ${entryColumns} from entry
     where member_id = $1 and program_key = $2 and seq between $3 and $4 and document_id = $5
     order by seq`,
    [memberId, programKey, seq, seq + ENTRIES_MAX, documentId],
  )
  return rows.map(entryFrom)
}

/** Entries that moved prepaid money, newest first, below a sequence number. */
export async function readMoneyStatement(
  query: Query,
  { memberId, programKey }: AccountKey,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<RecordedEntry[]> {
  const rows = await query<EntryRow>(
    `/* readMoneyStatement */
     select ${entryColumns} from entry
     where member_id = $1 and program_key = $2 and seq < coalesce($3::integer, 2147483647)
       and coalesce(principal, bonus) is not null
     order by seq desc limit $4`,
    [memberId, programKey, before ?? null, limit],
  )
  return rows.map(entryFrom)
}

/** No document about prepaid money has more. */
const ENTRIES_MAX = 4
