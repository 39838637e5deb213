import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, instant, toIso } from '../../../kernel/values/instant.ts'
import type { AccountBook } from '../domain/account-book.ts'
import { lotsFrom, lotsText } from '../domain/entry.ts'
import type { Hold, HoldEnd } from '../domain/hold.ts'
import type { AccountKey } from './accounts.ts'

/** A hold as its row has it: of its lots only the account knows. */
export interface HoldView extends AccountKey, Omit<Hold, 'lots'> {}

interface HoldRow {
  member_id: string
  program_key: number
  id: string
  amount: bigint
  captured: bigint
  released: bigint
  lapses_at: Instant
  closed_by: HoldEnd | null
}

/** Open holds as the account's row has them. */
export const holdsText = (holds: readonly Hold[]): string =>
  holds
    .map(({ id, lapsesAt, amount, captured, released, lots }) =>
      [
        id,
        lapsesAt,
        amount,
        captured,
        released,
        lotsText([{ asset: 'points', amount, after: 0n, lots }]),
      ].join(' '),
    )
    .join('|')

const NOTHING_HELD: readonly Hold[] = []

export const holdsFrom = (text: string): readonly Hold[] =>
  text === ''
    ? NOTHING_HELD
    : text.split('|').map((held) => {
        const [id = '', lapsesAt, amount = '', captured = '', released = '', lots = ''] = held.split(' ')
        return {
          id,
          amount: BigInt(amount),
          captured: BigInt(captured),
          released: BigInt(released),
          lots: lotsFrom(lots).map(({ expiresOn, lotClass, amount }) => ({ expiresOn, lotClass, amount })),
          lapsesAt: instant(Number(lapsesAt)),
          closedBy: undefined,
        }
      })

const holdFrom = (row: HoldRow): HoldView => ({
  memberId: row.member_id,
  programKey: row.program_key,
  id: row.id,
  amount: row.amount,
  captured: row.captured,
  released: row.released,
  lapsesAt: row.lapses_at,
  closedBy: row.closed_by ?? undefined,
})

/** Holds by member and id, in any state; by id. */
export async function readHolds(
  query: Query,
  keys: readonly { readonly memberId: string; readonly id: string }[],
): Promise<Map<string, HoldView>> {
  if (keys.length === 0) return new Map()
  const rows = await query<HoldRow>(
    `/* readHolds */
     select hold.* from hold join unnest($1::uuid[], $2::uuid[]) as wanted (member_id, id) using (member_id, id)`,
    [keys.map(({ memberId }) => memberId), keys.map(({ id }) => id)],
  )
  return new Map(rows.map((row) => [row.id, holdFrom(row)]))
}

/** Writes the holds that a batch made, drew on or ended. */
export function saveHolds(tx: Tx, books: readonly (readonly [AccountKey, AccountBook])[]): void {
  const holds = books.flatMap(([key, book]) =>
    [...book.touchedHolds.values()].map((hold) => ({ ...key, ...hold })),
  )
  if (holds.length === 0) return
  tx.send(
    `/* saveHolds */
     insert into hold (member_id, program_key, id, amount, captured, released, lapses_at, closed_by)
     select * from unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[],
                          $7::timestamptz[], $8::text[])
     on conflict on constraint hold_key do update
       set captured = excluded.captured, released = excluded.released, closed_by = excluded.closed_by`,
    [
      holds.map((hold) => hold.memberId),
      holds.map((hold) => hold.programKey),
      holds.map((hold) => hold.id),
      holds.map((hold) => hold.amount),
      holds.map((hold) => hold.captured),
      holds.map((hold) => hold.released),
      holds.map((hold) => toIso(hold.lapsesAt)),
      holds.map((hold) => hold.closedBy ?? null),
    ],
  )
}
