import type { Query } from '../../../kernel/db/statement.ts'
import type { Instant } from '../../../kernel/values/instant.ts'

export interface InTransit {
  /** Points that have left one account and not reached the other. */
  readonly points: bigint
  readonly oldestAt: Instant | undefined
}

/** Kinds by the side on which they have what is on its way; asked once, not of each entry. */
const kindsWith = (side: string) =>
  `kind = any(array(select kind from unnest(enum_range(null::entry_kind)) as kind where ${side} = 'transit'))`

/** What is on its way: the sum of the entries, and since when the oldest of it is. */
export async function readTransit(query: Query): Promise<InTransit> {
  const [row] = await query<{ points: bigint; oldest_at: Instant | null }>(
    `/* readTransit */
     select (coalesce((select sum(points) from entry where ${kindsWith('credit_of(kind)')}), 0)
             - coalesce((select sum(points) from entry where ${kindsWith('debit_of(kind)')}), 0))::bigint as points,
            least((select min(asked_at) from transfer where state = 'asked'),
                  (select min(left_at) from homeward)) as oldest_at`,
  )
  return { points: row!.points, oldestAt: row!.oldest_at ?? undefined }
}

/** Transfers that came in as something else than they went out, and are not under way. Answers (member_id, detail). */
export const transitCheck = `
  select coalesce(sent.member_id, got.member_id) as member_id,
         format('transfer %s: %s points went out and %s came in', transfer, coalesce(sent.points, 0),
                coalesce(got.points, 0)) as detail
  from (select member_id, document_id::text as transfer, points from entry where ${kindsWith('credit_of(kind)')}) as sent
  full join (select member_id, number as transfer, points from entry where ${kindsWith('debit_of(kind)')}) as got using (transfer)
  where coalesce(sent.points, 0) <> coalesce(got.points, 0)
    and not exists (select from transfer as open where open.id::text = transfer and open.state = 'asked')
    and not exists (select from homeward where homeward.document_id::text = transfer)
    and not exists (select from entry as aside join merge_step on merge_step.case_id::text = aside.number
                    where aside.document_kind = 'set-aside' and aside.document_id::text = transfer and not merge_step.undone)`
