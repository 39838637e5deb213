import type { Query } from '../../../kernel/db/statement.ts'
import { type LotMove, lotsFrom } from '../domain/entry.ts'
import type { OnceGiven } from '../domain/once-given.ts'

interface GivenRow {
  member_id: string
  program_key: number
  document_id: string
  awards: string | null
  points: bigint | null
  effective_at: number
  lots: string
}

const givenFrom = (row: GivenRow): OnceGiven => ({
  memberId: row.member_id,
  programKey: row.program_key,
  documentId: row.document_id,
  subject: (row.awards ?? '').split(' ')[0]!,
  points: row.points ?? 0n,
  at: row.effective_at,
  lots: [{ asset: 'points', lots: pointsIn(row.lots) }],
})

const pointsIn = (text: string): LotMove[] =>
  lotsFrom(text)
    .filter(({ asset, amount }) => asset === 'points' && amount > 0n)
    .map(({ expiresOn, lotClass, amount }) => ({ expiresOn, lotClass, amount }))

/** Welcome points and the like under some ids. */
export async function findOnceGiven(query: Query, memberIds: readonly string[]): Promise<OnceGiven[]> {
  const rows = await query<GivenRow>(
    `/* findOnceGiven */
     select member_id, program_key, document_id, awards, points, effective_at, lots
     from entry join origin using (origin_key)
     where member_id = any($1::uuid[]) and document_kind = 'grant' and origin.channel = 'initial' and points is not null
     order by effective_at, document_id`,
    [memberIds],
  )
  return rows.map(givenFrom)
}

/** Points of certain documents, wherever they were entered. */
export async function findGiven(query: Query, documentIds: readonly string[]): Promise<OnceGiven[]> {
  const rows = await query<GivenRow>(
    `/* findGiven */
     select entry.member_id, entry.program_key, entry.document_id, awards, points, effective_at, lots
     from entry
     where document_id = any($1::uuid[]) and document_kind is not null and points is not null`,
    [documentIds],
  )
  return rows.map(givenFrom)
}

/** How many documents lie under some ids, by programme. */
export async function countDocuments(
  query: Query,
  memberIds: readonly string[],
): Promise<Map<number, number>> {
  const rows = await query<{ program_key: number; documents: number }>(
    `/* countDocuments */
     select program_key, count(*)::int as documents from entry
     where member_id = any($1::uuid[]) and document_kind is not null group by program_key`,
    [memberIds],
  )
  return new Map(rows.map((row) => [row.program_key, row.documents]))
}

/** What merges into a member did, by those that stand and are not this one; oldest first. */
export async function findSteps(
  query: Query,
  asked: { intoId: string } | { fromId: string },
): Promise<{ caseId: string; fromId: string; intoId: string; answer: unknown }[]> {
  const [column, id] = 'intoId' in asked ? ['into_id', asked.intoId] : ['from_id', asked.fromId]
  const rows = await query<{ case_id: string; from_id: string; into_id: string; answer: unknown }>(
    `select case_id, from_id, into_id, answer from merge_step
     where ${column} = $1 and not undone order by carried_out_at, case_id`,
    [id],
  )
  return rows.map((row) => ({
    caseId: row.case_id,
    fromId: row.from_id,
    intoId: row.into_id,
    answer: row.answer,
  }))
}

export async function rewriteStep(query: Query, caseId: string, answer: unknown): Promise<void> {
  await query(`/* rewriteMergeStep */ update merge_step set answer = $2 where case_id = $1`, [
    caseId,
    JSON.stringify(answer),
  ])
}

/** Merged members in whose accounts something has come to light since: a hold was released, something matured. */
export async function findLeftBehind(
  query: Query,
  limit: number,
): Promise<{ memberId: string; survivorId: string; programKey: number }[]> {
  const rows = await query<{ member_id: string; survivor_id: string; program_key: number }>(
    `/* findLeftBehind */
     select merged.member_id, merged.survivor_id, account.program_key
     from merged_member merged join account using (member_id)
     where points_available > 0 or growth_available > 0 or coalesce(principal_available, 0) > 0
        or coalesce(bonus_available, 0) > 0 or points_owed > 0 or growth_owed > 0
     limit $1`,
    [limit],
  )
  return rows.map((row) => ({
    memberId: row.member_id,
    survivorId: row.survivor_id,
    programKey: row.program_key,
  }))
}
