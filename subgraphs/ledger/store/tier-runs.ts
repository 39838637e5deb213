import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { Reach } from '../domain/reevaluation.ts'

/** One time that the tiers of all members are decided anew. */
export interface TierRun {
  readonly id: string
  readonly programKey: number
  readonly version: number
  readonly reach: Reach
  readonly reason: string
  readonly askedAt: Instant
  readonly askedBy: string
  /** The last member that was looked at. */
  readonly reachedMember: string | undefined
  readonly seen: bigint
  readonly moved: bigint
  readonly doneAt: Instant | undefined
}

export async function insertTierRun(
  tx: Tx,
  run: Pick<TierRun, 'id' | 'programKey' | 'version' | 'reach' | 'reason' | 'askedAt' | 'askedBy'>,
): Promise<void> {
  await tx.query(
    `/* insertTierRun */
     insert into tier_run (id, program_key, version, reach, reason, asked_at, asked_by)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [run.id, run.programKey, run.version, run.reach, run.reason, toIso(run.askedAt), run.askedBy],
  )
}

interface Row {
  id: string
  program_key: number
  version: number
  reach: Reach
  reason: string
  asked_at: Instant
  asked_by: string
  reached_member: string | null
  seen: bigint
  moved: bigint
  done_at: Instant | null
}

const runOf = (row: Row): TierRun => ({
  id: row.id,
  programKey: row.program_key,
  version: row.version,
  reach: row.reach,
  reason: row.reason,
  askedAt: row.asked_at,
  askedBy: row.asked_by,
  reachedMember: row.reached_member ?? undefined,
  seen: row.seen,
  moved: row.moved,
  doneAt: row.done_at ?? undefined,
})

export async function readTierRun(query: Query, id: string): Promise<TierRun | undefined> {
  const [row] = await query<Row>('/* readTierRun */ select * from tier_run where id = $1', [id])
  return row && runOf(row)
}

/** The oldest run that is not done and that nobody else is at. */
export async function lockTierRun(tx: Tx): Promise<TierRun | undefined> {
  const [row] = await tx.query<Row>(
    `/* lockTierRun */
     select * from tier_run where done_at is null order by asked_at limit 1 for update skip locked`,
  )
  return row && runOf(row)
}

export async function saveTierRun(
  tx: Tx,
  { id, reachedMember, seen, moved, doneAt }: TierRun,
): Promise<void> {
  await tx.query(
    `/* saveTierRun */
     update tier_run set reached_member = $2, seen = $3, moved = $4, done_at = $5 where id = $1`,
    [id, reachedMember ?? null, seen, moved, doneAt === undefined ? null : toIso(doneAt)],
  )
}
