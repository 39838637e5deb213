import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { assert } from '../../../kernel/values/assert.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, type LocalDate, toIso } from '../../../kernel/values/instant.ts'
import type { Completions } from '../domain/completion.ts'
import type { Participation } from '../domain/participation.ts'
import { PROGRAM_VERSIONS } from './campaigns.ts'

export interface ParticipationRow {
  member_id: MemberId
  id: string
  program: string
  campaign: string
  campaign_version: number
  day: LocalDate
  number: number
  points: bigint
  occurred_at: Instant
  rewarded_at: Instant | null
  refusal_code: string | null
  set_aside_by: string | null
}

export const participationFromRow = (row: ParticipationRow): Participation => ({
  memberId: row.member_id,
  id: row.id,
  program: row.program,
  campaign: row.campaign,
  campaignVersion: row.campaign_version,
  day: row.day,
  number: row.number,
  points: row.points,
  occurredAt: row.occurred_at,
  rewardedAt: row.rewarded_at ?? undefined,
  refusalCode: row.refusal_code ?? undefined,
  setAsideBy: row.set_aside_by ?? undefined,
})

/** One person's completions of one task. */
export interface TaskOfMember {
  /** All ids of the person; the present one, whose counter is the lock of all, comes first. */
  readonly memberIds: readonly MemberId[]
  /** The one of them that a completion lies under. */
  readonly holderId: MemberId
  readonly program: string
  readonly campaign: string
  readonly day: LocalDate
}

const yearOf = (day: LocalDate): number => Number(day.slice(0, 4))

/** Whoever completes a task takes the lock on its count of the year first; the count of the day stands still then. */
export async function lockCompletions(tx: Tx, of: TaskOfMember): Promise<Completions> {
  const { memberIds, holderId, program, campaign, day } = of
  const task = [program, campaign]
  await tx.query(
    `/* ensureCounters */
     insert into task_counter (member_id, program, campaign, year, completed)
     select id, $2, $3, $4, 0 from unnest($1::uuid[]) as counted (id) order by id
     on conflict on constraint task_counter_key do nothing`,
    [[...new Set([memberIds[0]!, holderId])], ...task, yearOf(day)],
  )
  await tx.query(
    `/* lockCounter */
     select from task_counter where member_id = $1 and program = $2 and campaign = $3 and year = $4 for update`,
    [memberIds[0], ...task, yearOf(day)],
  )
  const [counter] = await tx.query<{ completed: number }>(
    `/* completionsOfYear */
     select coalesce(sum(completed), 0)::int as completed from task_counter
     where member_id = any($1::uuid[]) and program = $2 and campaign = $3 and year = $4`,
    [memberIds, ...task, yearOf(day)],
  )
  const [ofDay] = await tx.query<{ completed: number; last: number }>(
    `/* completionsOfDay */
     select count(*)::int as completed, coalesce(max(number), 0) as last from participation
     where member_id = any($1::uuid[]) and program = $2 and campaign = $3 and day = $4`,
    [memberIds, ...task, day],
  )
  return { ofDay: ofDay!.completed, ofYear: counter!.completed, lastOfDay: ofDay!.last }
}

/** Adds a completion, and counts it. The lock is held. */
export async function insertParticipation(
  tx: Tx,
  participation: Participation,
  recorded: { at: Instant; by: string },
): Promise<void> {
  const p = participation
  await tx.query(
    `/* insertParticipation */
     insert into participation (member_id, id, program, campaign, campaign_version, day, number, points, occurred_at,
       recorded_at, recorded_by, rewarded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      p.memberId,
      p.id,
      p.program,
      p.campaign,
      p.campaignVersion,
      p.day,
      p.number,
      p.points,
      toIso(p.occurredAt),
      toIso(recorded.at),
      recorded.by,
      p.rewardedAt === undefined ? null : toIso(p.rewardedAt),
    ],
  )
  await tx.query(
    `/* countCompletion */
     update task_counter set completed = completed + 1
     where member_id = $1 and program = $2 and campaign = $3 and year = $4`,
    [p.memberId, p.program, p.campaign, yearOf(p.day)],
  )
}

export async function readParticipation(
  query: Query,
  key: { memberId: MemberId; id: string },
): Promise<Participation> {
  const [row] = await query<ParticipationRow>(
    `/* readParticipation */ select * from participation where member_id = $1 and id = $2`,
    [key.memberId, key.id],
  )
  assert(row, 'a participation that was recorded is there')
  return participationFromRow(row)
}

/** Writes down what became of the points; the first outcome stands. */
export async function saveOutcome(
  query: Query,
  participation: Participation,
  outcome: { rewardedAt: Instant } | { refusalCode: string },
): Promise<void> {
  await query(
    `/* saveOutcome */
     update participation set rewarded_at = $3, refusal_code = $4
     where member_id = $1 and id = $2 and rewarded_at is null and refusal_code is null`,
    [
      participation.memberId,
      participation.id,
      'rewardedAt' in outcome ? toIso(outcome.rewardedAt) : null,
      'refusalCode' in outcome ? outcome.refusalCode : null,
    ],
  )
}

/** Participations whose points were not given yet, oldest first, behind an id. */
export async function pendingParticipations(
  query: Query,
  after: string | undefined,
  limit: number,
): Promise<Participation[]> {
  const rows = await query<ParticipationRow>(
    `/* pendingParticipations */
     select * from participation
     where rewarded_at is null and refusal_code is null and ($1::uuid is null or id > $1)
     order by id
     limit $2`,
    [after ?? null, limit],
  )
  return rows.map(participationFromRow)
}

export interface Progress extends Completions {
  /** As asked. */
  readonly memberId: MemberId
  readonly program: string
  readonly campaign: string
  readonly pointsOfYear: bigint
}

/** A day in the time zone of a programme. */
export interface ProgramDay {
  readonly program: string
  readonly day: LocalDate
}

/**
 * How far members, by any of their ids, are with the tasks of programmes, on a day of each and in its year; and the
 * versions of all programmes that were current in the same moment.
 */
export async function progressOf(
  query: Query,
  memberIds: readonly MemberId[],
  days: readonly ProgramDay[],
): Promise<{ versions: string; progress: Progress[] }> {
  const rows = await query<{
    versions: string
    member_id: MemberId | null
    program: string
    campaign: string
    of_day: number
    of_year: number
    last: number
    points: bigint
  }>(
    `/* progressOf */
     select ${PROGRAM_VERSIONS} as versions, progress.*
     from (select) as once
     left join (
       select person.asked_id as member_id, program, campaign,
         count(*) filter (where p.day = today.day)::int as of_day,
         count(*)::int as of_year,
         coalesce(max(number) filter (where p.day = today.day), 0) as last,
         coalesce(sum(points) filter (where rewarded_at is not null and set_aside_by is null), 0)::bigint as points
       from (
         select asked.id as asked_id, coalesce(merged.survivor_id, asked.id) as id
         from unnest($1::uuid[]) as asked (id) left join merged_member merged on merged.member_id = asked.id
       ) as person
       cross join lateral (
         select person.id as member_id
         union all select member_id from merged_member where survivor_id = person.id
       ) as holder
       join participation p on p.member_id = holder.member_id
       join unnest($2::text[], $3::date[]) as today (program, day) using (program)
       where p.day >= date_trunc('year', today.day)
         and p.day < date_trunc('year', today.day) + interval '1 year'
       group by person.asked_id, program, campaign
     ) as progress on true`,
    [memberIds, days.map(({ program }) => program), days.map(({ day }) => day)],
  )
  return {
    versions: rows[0]!.versions,
    progress: rows.flatMap(({ member_id: memberId, ...row }) =>
      memberId === null
        ? []
        : {
            memberId,
            program: row.program,
            campaign: row.campaign,
            ofDay: row.of_day,
            ofYear: row.of_year,
            lastOfDay: row.last,
            pointsOfYear: row.points,
          },
    ),
  }
}
