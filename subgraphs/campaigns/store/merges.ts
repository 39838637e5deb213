import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { Participation } from '../domain/participation.ts'
import { type ParticipationRow, participationFromRow } from './participations.ts'

/** Everything that was done under some ids of one person. */
export async function participationsUnder(
  query: Query,
  holderIds: readonly string[],
): Promise<Participation[]> {
  const rows = await query<ParticipationRow>(
    `/* participationsUnder */ select * from participation where member_id = any($1::uuid[]) order by id`,
    [holderIds],
  )
  return rows.map(participationFromRow)
}

/** For as long as a merge stands the points of a completion do not count. */
export async function setAside(
  tx: Tx,
  completions: readonly { memberId: string; id: string }[],
  caseId: string,
): Promise<void> {
  await tx.query(
    `/* setAside */
     update participation set set_aside_by = $3
     from unnest($1::uuid[], $2::uuid[]) as chosen (member_id, id)
     where participation.member_id = chosen.member_id and participation.id = chosen.id`,
    [completions.map(({ memberId }) => memberId), completions.map(({ id }) => id), caseId],
  )
}

/** What a merge set aside counts again. */
export async function takeBackIn(
  tx: Tx,
  completions: readonly { memberId: string; id: string }[],
  caseId: string,
): Promise<void> {
  await tx.query(
    `/* takeBackIn */
     update participation set set_aside_by = null
     from unnest($1::uuid[], $2::uuid[]) as chosen (member_id, id)
     where participation.member_id = chosen.member_id and participation.id = chosen.id
       and participation.set_aside_by = $3`,
    [completions.map(({ memberId }) => memberId), completions.map(({ id }) => id), caseId],
  )
}
