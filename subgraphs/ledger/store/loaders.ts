import DataLoader from 'dataloader'
import type { Db } from '../../../kernel/db/open-database.ts'
import type { Query } from '../../../kernel/db/statement.ts'
import type { LocalDate } from '../../../kernel/values/instant.ts'
import { type AccountKey, accountName } from './accounts.ts'
import { type RecordedDocument, readDocuments } from './documents.ts'
import { readPresentIds } from './present-ids.ts'
import { type AccountView, membersWithAccount, readAccounts, readLotsEarned } from './reads.ts'

type AccountToday = AccountKey & { readonly today: LocalDate }

export interface Loaders {
  /** By which id a member goes now. */
  readonly presentId: DataLoader<string, string>
  readonly account: DataLoader<AccountToday, AccountView, string>
  /** By its id. */
  readonly document: DataLoader<string, RecordedDocument | undefined>
  readonly lotsEarned: DataLoader<AccountKey, ReadonlyMap<string, bigint>, string>
}

/** One request's reads, batched: a list of members is one statement. */
export const openLoaders = (db: Db): Loaders => ({
  account: new DataLoader<AccountToday, AccountView, string>((keys) => readAccounts(db.query, keys), {
    cacheKeyFn: accountName,
  }),
  presentId: new DataLoader(async (ids) => {
    const merged = await readPresentIds(db.query, ids)
    return ids.map((id) => merged.get(id) ?? id)
  }),
  document: new DataLoader(async (ids) => {
    const found = await readDocuments(db.query, ids)
    return ids.map((id) => found.get(id))
  }),
  lotsEarned: new DataLoader<AccountKey, ReadonlyMap<string, bigint>, string>(
    (keys) => Promise.all(keys.map((key) => readLotsEarned(db.query, key))),
    { cacheKeyFn: accountName },
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
