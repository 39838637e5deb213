import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { Application, ApplicationKind, ApplicationState } from '../domain/applications.ts'

export interface ApplicationRow extends Application {
  readonly sealedWords: Buffer | undefined
  readonly submittedAt: Instant
  readonly decidedBy: string | undefined
  readonly decidedAt: Instant | undefined
  readonly decisionReason: string | undefined
}

interface ApplicationColumns {
  member_id: string
  id: string
  kind: ApplicationKind
  program: string
  tier: string | null
  node: string | null
  sealed_words: Buffer | null
  state: ApplicationState
  submitted_by: string
  submitted_at: Instant
  decided_by: string | null
  decided_at: Instant | null
  decision_reason: string | null
}

const rowOf = (row: ApplicationColumns): ApplicationRow => ({
  id: row.id,
  memberId: row.member_id,
  kind: row.kind,
  program: row.program,
  tier: row.tier ?? undefined,
  node: row.node ?? undefined,
  sealedWords: row.sealed_words ?? undefined,
  state: row.state,
  submittedBy: row.submitted_by,
  submittedAt: row.submitted_at,
  decidedBy: row.decided_by ?? undefined,
  decidedAt: row.decided_at ?? undefined,
  decisionReason: row.decision_reason ?? undefined,
})

/** False where the member has one of this kind that waits, under any of its ids. */
export async function insertApplication(
  tx: Tx,
  given: Application & { sealedWords: Buffer | undefined },
  at: Instant,
): Promise<boolean> {
  const rows = await tx.query(
    `/* insertApplication */
     insert into application (member_id, id, kind, program, tier, node, sealed_words, state, submitted_by, submitted_at)
     select $1, $2, $3, $4, $5, $6, $7, 'SUBMITTED', $8, $9
     where not exists (
       select from application as waiting
       join member as holder on holder.member_id = waiting.member_id
       join member as applicant on applicant.member_id = $1
       where waiting.state = 'SUBMITTED' and waiting.kind = $3 and waiting.program = $4
         and coalesce(applicant.merged_into, applicant.member_id) in (holder.member_id, holder.merged_into))
     on conflict (member_id, kind, program) where state = 'SUBMITTED' do nothing
     returning id`,
    [
      given.memberId,
      given.id,
      given.kind,
      given.program,
      given.tier ?? null,
      given.node ?? null,
      given.sealedWords ?? null,
      given.submittedBy,
      toIso(at),
    ],
  )
  return rows.length === 1
}

export async function lockApplication(tx: Tx, id: string): Promise<ApplicationRow | undefined> {
  if (!isUuid(id)) return undefined
  const [row] = await tx.query<ApplicationColumns>(
    `/* lockApplication */ select * from application where id = $1 for update`,
    [id],
  )
  return row && rowOf(row)
}

export async function closeApplication(
  tx: Tx,
  application: Application,
  ending: { state: ApplicationState; by: string; reason: string | undefined },
  at: Instant,
): Promise<void> {
  await tx.query(
    `/* closeApplication */
     update application set state = $3, decided_by = $4, decided_at = $5, decision_reason = $6
     where member_id = $1 and id = $2`,
    [application.memberId, application.id, ending.state, ending.by, toIso(at), ending.reason ?? null],
  )
}

export async function findApplication(db: { query: Query }, id: string): Promise<ApplicationRow | undefined> {
  const [row] = await db.query<ApplicationColumns>(
    `/* findApplication */ select * from application where id = $1`,
    [id],
  )
  return row && rowOf(row)
}

/** Of some members under all their ids, newest first. */
export async function findApplicationsOf(
  db: { query: Query },
  memberIds: readonly string[],
): Promise<(ApplicationRow & { personId: string })[]> {
  const rows = await db.query<ApplicationColumns & { person_id: string }>(
    `/* findApplicationsOf */
     select application.*, coalesce(holder.merged_into, holder.member_id) as person_id
     from application join member as holder on holder.member_id = application.member_id
     where holder.member_id = any($1::uuid[]) or holder.merged_into = any($1::uuid[])
     order by application.id desc`,
    [memberIds],
  )
  return rows.map((row) => ({ ...rowOf(row), personId: row.person_id }))
}

/** In the part of the organisation at a node, or all; oldest first, behind `after`. */
export async function findApplicationsWithin(
  db: { query: Query },
  page: {
    state: ApplicationState | undefined
    within: string | undefined
    after: string | undefined
    limit: number
  },
): Promise<ApplicationRow[]> {
  const rows = await db.query<ApplicationColumns>(
    `/* findApplicationsWithin */
     select application.* from application
     left join organisation_node as place on place.id = application.node
     where ($1::text is null or state = $1) and ($3::uuid is null or application.id > $3)
       and ($2::text is null or starts_with(place.path, (select path from organisation_node where id = $2)))
     order by application.id limit $4`,
    [page.state ?? null, page.within ?? null, page.after ?? null, page.limit],
  )
  return rows.map(rowOf)
}

/** What an erased person said, and what it was told, goes; that it applied, and what was decided, stays. */
export async function forgetWords(tx: Tx, memberIds: readonly string[]): Promise<void> {
  await tx.query(
    `/* forgetWords */
     update application set sealed_words = null, decision_reason = left(decision_reason, 0)
     where member_id = any($1::uuid[])`,
    [memberIds],
  )
}

export async function findTiers(db: { query: Query }, program: string): Promise<string[]> {
  const rows = await db.query<{ tier: string }>(
    `/* findTiers */ select tier from program_tier where program = $1 order by place`,
    [program],
  )
  return rows.map(({ tier }) => tier)
}

export async function saveTiers(tx: Tx, program: string, tiers: readonly string[]): Promise<void> {
  await tx.query(
    `/* forgetTiers */ delete from program_tier where program = $1 and tier <> all($2::text[])`,
    [program, tiers],
  )
  await tx.query(
    `/* saveTiers */
     insert into program_tier (program, tier, place)
     select $1, tier, place from unnest($2::text[]) with ordinality as given(tier, place)
     on conflict on constraint program_tier_key do update set place = excluded.place`,
    [program, tiers],
  )
}
