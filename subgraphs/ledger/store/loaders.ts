import DataLoader from 'dataloader'
import type { Db } from '../../../kernel/db/open-database.ts'
import type { Query } from '../../../kernel/db/statement.ts'
import type { LocalDate } from '../../../kernel/values/instant.ts'
import { type AccountKey, accountName } from './accounts.ts'
import { type DocumentKey, documentName, type RecordedDocument, readDocuments } from './documents.ts'
import { type AccountView, membersWithAccount, readAccounts } from './reads.ts'

type AccountToday = AccountKey & { readonly today: LocalDate }

export interface Loaders {
  readonly account: DataLoader<AccountToday, AccountView, string>
  readonly document: DataLoader<DocumentKey, RecordedDocument | undefined, string>
}

/** One request's reads, batched: a list of members is one statement. */
export const openLoaders = (db: Db): Loaders => ({
  account: new DataLoader<AccountToday, AccountView, string>((keys) => readAccounts(db.query, keys), {
    cacheKeyFn: accountName,
  }),
  document: new DataLoader(
    async (keys) => {
      const found = await readDocuments(db.query, keys)
      return keys.map((key) => found.get(documentName(key)))
    },
    { cacheKeyFn: documentName },
  ),
})

export type AccountHolders = DataLoader<string, boolean>

/** Whether a member has an account, asked together by all requests of the same moment. Nothing is remembered. */
export const accountHolders = (query: Query): AccountHolders =>
  new DataLoader<string, boolean>(
    async (ids) => {
      const holders = new Set(await membersWithAccount(query, [...new Set(ids)]))
      return ids.map((id) => holders.has(id))
    },
    { cache: false, maxBatchSize: 1_000 },
  )
