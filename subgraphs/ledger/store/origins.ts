import type { Query } from '../../../kernel/db/statement.ts'
import { assert } from '../../../kernel/values/assert.ts'
import type { SourceDocument } from '../domain/posting.ts'

/** Where a document comes from. There are few of them, so that the books name them by a number. */
export interface Origin {
  readonly channel: string
  readonly store: string | undefined
  /** Undefined: the member. `SENDER`: the member whom a transfer names. */
  readonly operator: string | undefined
}

export const SENDER = 'sender'

/** The number of an origin that was asked for. */
export type OriginKeys = (origin: Origin) => number

/** More than this are not places and people: forget them and begin anew. */
const REMEMBERED_MAX = 50_000

/** The numbers of origins. Those never change, so what was read stays true. */
export class OriginShelf {
  readonly #query: Query
  #keys = new Map<string, number>()

  constructor(query: Query) {
    this.#query = query
  }

  /** To be asked before the transaction that writes them: a number stands at once, whatever becomes of the posting. */
  async keysOf(origins: readonly Origin[]): Promise<OriginKeys> {
    const unknown = new Map<string, Origin>()
    for (const origin of origins) {
      const name = nameOf(origin)
      if (!this.#keys.has(name)) unknown.set(name, origin)
    }
    if (this.#keys.size + unknown.size > REMEMBERED_MAX) this.#keys = new Map()
    if (unknown.size > 0) await this.#find([...unknown.values()])
    const keys = this.#keys
    return (origin) => {
      const key = keys.get(nameOf(origin))
      assert(key !== undefined, 'the origin of a document was asked for before it is written')
      return key
    }
  }

  async #find(origins: readonly Origin[]): Promise<void> {
    const values = [
      origins.map(({ channel }) => channel),
      origins.map(({ store }) => store ?? null),
      origins.map(({ operator }) => operator ?? null),
    ]
    await this.#query(
      `/* insertOrigins */
       insert into origin (channel, store, operator)
       select channel, store, operator
       from unnest($1::text[], $2::text[], $3::text[]) as new (channel, store, operator)
       where not exists (
         select from origin
         where origin.channel = new.channel and origin.store is not distinct from new.store
           and origin.operator is not distinct from new.operator
       )
       order by channel, store, operator
       on conflict on constraint origin_once do nothing`,
      values,
    )
    const rows = await this.#query<OriginRow>(
      `/* readOrigins */
       select origin_key, origin.channel, origin.store, origin.operator
       from unnest($1::text[], $2::text[], $3::text[]) as wanted (channel, store, operator)
       join origin on origin.channel = wanted.channel
       where origin.store is not distinct from wanted.store and origin.operator is not distinct from wanted.operator`,
      values,
    )
    for (const { origin_key, channel, store, operator } of rows) {
      this.#keys.set(
        nameOf({ channel, store: store ?? undefined, operator: operator ?? undefined }),
        origin_key,
      )
    }
  }
}

interface OriginRow {
  origin_key: number
  channel: string
  store: string | null
  operator: string | null
}

/** No text in the books holds a zero. */
const nameOf = ({ channel, store, operator }: Origin): string =>
  `${channel}\0${store === undefined ? '' : `@${store}`}\0${operator ?? ''}`

/** Members are many: they are not named here, since the document names them already. */
export const originOf = ({
  kind,
  channel,
  store,
  operator,
}: {
  readonly kind: SourceDocument['kind']
  readonly channel: string
  readonly store: string | undefined
  readonly operator: string
}): Origin => ({
  channel,
  store,
  operator: !operator.startsWith('member:') ? operator : kind === 'transfer-in' ? SENDER : undefined,
})

/** Who an origin says it was, in SQL; before `SENDER` was, it named other members, too. */
export const operatorColumn = `coalesce(
  case when origin.operator = '${SENDER}' then 'member:' || entry.subject else origin.operator end, 'member:' || entry.member_id)`
