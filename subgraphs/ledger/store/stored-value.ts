import type { Query } from '../../../kernel/db/statement.ts'
import type { Entry } from '../domain/entry.ts'
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

/** No document about prepaid money has more. */
const ENTRIES_MAX = 4
