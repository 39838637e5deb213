import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { Entitlement } from '../domain/entitlement.ts'
import { type EntitlementRow, entitlementFromRow } from './entitlements.ts'

/** Every entitlement under some ids of one person. Of a merge they are held: nobody writes one off meanwhile. */
export async function entitlementsUnder(
  query: Query,
  holderIds: readonly string[],
  options: { held: boolean },
): Promise<Entitlement[]> {
  const rows = await query<EntitlementRow>(
    `select e.*, merged.survivor_id from entitlement e
     left join merged_member merged on merged.member_id = e.member_id
     where e.member_id = any($1::uuid[])
     order by e.member_id, e.id${options.held ? ' for update of e' : ''}`,
    [holderIds],
  )
  return rows.map(entitlementFromRow)
}

/** For as long as a merge stands an entitlement does not count. */
export async function setAside(tx: Tx, entitlements: readonly Entitlement[], caseId: string): Promise<void> {
  await tx.query(
    `/* setAside */
     update entitlement set set_aside_by = $3
     from unnest($1::uuid[], $2::uuid[]) as chosen (member_id, id)
     where entitlement.member_id = chosen.member_id and entitlement.id = chosen.id`,
    [entitlements.map(({ holderId }) => holderId), entitlements.map(({ id }) => id), caseId],
  )
}

/** What a merge set aside counts again. */
export async function takeBackIn(
  tx: Tx,
  entitlements: readonly { holderId: string; id: string }[],
  caseId: string,
): Promise<void> {
  await tx.query(
    `/* takeBackIn */
     update entitlement set set_aside_by = null
     from unnest($1::uuid[], $2::uuid[]) as chosen (member_id, id)
     where entitlement.member_id = chosen.member_id and entitlement.id = chosen.id
       and entitlement.set_aside_by = $3`,
    [entitlements.map(({ holderId }) => holderId), entitlements.map(({ id }) => id), caseId],
  )
}
