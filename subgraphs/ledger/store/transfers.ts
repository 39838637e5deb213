import type { Query } from '../../../kernel/db/statement.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { Refusal } from '../../../kernel/values/result.ts'

/** Points on their way from one member to another, from the wish to its end. */
export interface Transfer {
  /** That of the sender's document. */
  readonly id: string
  readonly programKey: number
  readonly from: string
  readonly to: string
  readonly points: bigint
  /** The sender's idempotency key. */
  readonly key: string
  readonly operator: string
  readonly askedAt: Instant
  readonly state: 'asked' | 'received' | 'refused'
  readonly refusal: Refusal | undefined
}

interface TransferRow {
  id: string
  program_key: number
  from_member: string
  to_member: string
  points: bigint
  key: string
  operator: string
  asked_at: Instant
  state: Transfer['state']
  refusal: Refusal | null
}

const columns = 'id, program_key, from_member, to_member, points, key, operator, asked_at, state, refusal'

const transferFrom = (row: TransferRow): Transfer => ({
  id: row.id,
  programKey: row.program_key,
  from: row.from_member,
  to: row.to_member,
  points: row.points,
  key: row.key,
  operator: row.operator,
  askedAt: row.asked_at,
  state: row.state,
  refusal: row.refusal ?? undefined,
})

export async function readTransfer(query: Query, id: string): Promise<Transfer | undefined> {
  const [row] = await query<TransferRow>(`/* readTransfer */ select ${columns} from transfer where id = $1`, [
    id,
  ])
  return row && transferFrom(row)
}

/** Writes a wish down, unless it is there already; answers what is there. */
export async function askTransfer(query: Query, transfer: Transfer): Promise<Transfer> {
  await query(
    `/* askTransfer */
     insert into transfer (id, program_key, from_member, to_member, points, key, operator, asked_at, state)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'asked')
     on conflict on constraint transfer_key do nothing`,
    [
      transfer.id,
      transfer.programKey,
      transfer.from,
      transfer.to,
      transfer.points,
      transfer.key,
      transfer.operator,
      toIso(transfer.askedAt),
    ],
  )
  return (await readTransfer(query, transfer.id))!
}

export async function endTransfer(
  query: Query,
  id: string,
  end: { readonly state: 'received' } | { readonly state: 'refused'; readonly refusal: Refusal },
): Promise<void> {
  await query(
    `/* endTransfer */ update transfer set state = $2, refusal = $3 where id = $1 and state = 'asked'`,
    [id, end.state, end.state === 'refused' ? JSON.stringify(end.refusal) : null],
  )
}

/** Those that somebody asked for before a moment and that have not ended, the oldest first. */
export async function transfersUnderWay(query: Query, before: Instant, limit: number): Promise<Transfer[]> {
  const rows = await query<TransferRow>(
    `/* transfersUnderWay */
     select ${columns} from transfer where state = 'asked' and asked_at <= $1 order by asked_at limit $2`,
    [toIso(before), limit],
  )
  return rows.map(transferFrom)
}
