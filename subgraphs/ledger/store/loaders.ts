import DataLoader from 'dataloader'
import { gather } from '../../../kernel/db/gather.ts'
import type { Db } from '../../../kernel/db/open-database.ts'
import type { LocalDate } from '../../../kernel/values/instant.ts'
import type { SourceDocument } from '../domain/posting.ts'
import { type AccountKey, accountName } from './accounts.ts'
import { type AskedAccount, type CurrentAccount, currentAccounts } from './current-accounts.ts'
import { type RecordedDocument, readDocuments, readReturnsOf } from './documents.ts'
import type { ProgramShelf } from './programs.ts'
import {
  type AccountView,
  type AskedStatement,
  membersWithAccount,
  readAccounts,
  readLotsEarned,
  readStatements,
  type ShownEntry,
} from './reads.ts'

export interface Loaders {
  /** By its id. */
  readonly document: DataLoader<string, RecordedDocument | undefined>
  /** Of a purchase. */
  readonly returnsOf: DataLoader<SourceDocument, readonly SourceDocument[], string>
  readonly lotsEarned: DataLoader<AccountKey, ReadonlyMap<string, bigint>, string>
}

/** One request's reads, batched: a list of members is one statement. Most requests need none of them. */
export const openLoaders = (db: Db): Loaders => new RequestLoaders(db)

class RequestLoaders implements Loaders {
  readonly #db: Db
  #document: Loaders['document'] | undefined
  #returnsOf: Loaders['returnsOf'] | undefined
  #lotsEarned: Loaders['lotsEarned'] | undefined

  constructor(db: Db) {
    this.#db = db
  }

  get document(): Loaders['document'] {
    this.#document ??= new DataLoader(async (ids) => {
      const found = await readDocuments(this.#db.query, ids)
      return ids.map((id) => found.get(id))
    })
    return this.#document
  }

  get returnsOf(): Loaders['returnsOf'] {
    this.#returnsOf ??= new DataLoader<SourceDocument, readonly SourceDocument[], string>(
      async (purchases) => {
        const found = await readReturnsOf(this.#db.query, purchases)
        return purchases.map(({ id }) => found.get(id) ?? [])
      },
      { cacheKeyFn: ({ id }) => id },
    )
    return this.#returnsOf
  }

  get lotsEarned(): Loaders['lotsEarned'] {
    this.#lotsEarned ??= new DataLoader<AccountKey, ReadonlyMap<string, bigint>, string>(
      (keys) => Promise.all(keys.map((key) => readLotsEarned(this.#db.query, key))),
      { cacheKeyFn: accountName },
    )
    return this.#lotsEarned
  }
}

/** What all requests of the same moment ask together. */
export interface SharedReads {
  /** An account as of today. */
  account(key: AccountKey & { readonly today: LocalDate }): Promise<AccountView>
  /** A member's account, under the id and by the rules that are current; undefined: there is no such programme. */
  currentAccount(asked: AskedAccount): Promise<CurrentAccount | undefined>
  /** A page of an account's statement. */
  statement(asked: AskedStatement): Promise<readonly ShownEntry[]>
  /** Which of some members have an account, in their order. */
  haveAccounts(memberIds: readonly string[]): Promise<readonly boolean[]>
}

export function sharedReads(db: Pick<Db, 'query' | 'within'>, programs: ProgramShelf): SharedReads {
  const { query } = db
  /** An account is never closed: who has one keeps it. */
  const holders = new Set<string>()
  const ask = gather(async (ids: readonly string[]) => {
    const found = new Set(await membersWithAccount(query, [...new Set(ids)]))
    if (holders.size + found.size > HOLDERS_MAX) holders.clear()
    for (const id of found) holders.add(id)
    return ids.map((id) => found.has(id))
  })
  return {
    account: gather((keys) => readAccounts(query, keys)),
    statement: gather((asked) => readStatements(query, asked)),
    currentAccount: gather((asked) => currentAccounts(db, programs, asked)),
    async haveAccounts(memberIds) {
      const known = memberIds.map((id) => holders.has(id))
      if (!known.includes(false)) return known
      return Promise.all(memberIds.map((id, index) => known[index] || ask(id)))
    },
  }
}

/** Some 20 MB. */
const HOLDERS_MAX = 200_000
