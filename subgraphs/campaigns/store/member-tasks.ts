import { gather } from '../../../kernel/db/gather.ts'
import type { Db } from '../../../kernel/db/open-database.ts'
import type { Query } from '../../../kernel/db/statement.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, localDate } from '../../../kernel/values/instant.ts'
import { lastOf, type Patience } from '../../../kernel/values/patience.ts'
import { type Campaign, campaignId } from '../domain/campaign.ts'
import type { Completions, Task } from '../domain/completion.ts'
import { currentTasks } from './campaigns.ts'
import { type ProgramDay, type Progress, progressOf } from './participations.ts'

/** The tasks that there are, and how far a member is with them. */
export interface MemberTasks {
  readonly tasks: readonly Task[]
  progress(task: Campaign): Completions & Pick<Progress, 'pointsOfYear'>
}

interface Asked {
  readonly memberId: MemberId
  readonly now: Instant
  readonly patience: Patience | undefined
}

const NOTHING_DONE = { ofDay: 0, ofYear: 0, lastOfDay: 0, pointsOfYear: 0n }

/**
 * Members' tasks, in one statement for all who ask at the same time on the same day: it goes by the tasks that are
 * remembered, and says which versions of programmes were current. Where these are others, which is once after each
 * publication, tasks and progress are read again.
 */
export function openMemberTasks(db: Pick<Db, 'within'>): (asked: Asked) => Promise<MemberTasks> {
  let remembered: Awaited<ReturnType<typeof currentTasks>> | undefined

  const readOn = async (query: Query, now: Instant, memberIds: readonly MemberId[]) => {
    for (;;) {
      remembered ??= await currentTasks(query)
      const { tasks, versions } = remembered
      const read = await progressOf(query, memberIds, daysOf(tasks, now))
      if (read.versions === versions) return { tasks, progress: read.progress }
      remembered = undefined
    }
  }

  return gather(async (asked) => {
    const found = new Map<Asked, MemberTasks>()
    const query = db.within(lastOf(asked.map(({ patience }) => patience)))
    // Programmes may be in any zone; within a quarter of an hour a day is the same in all of them.
    for (const together of Map.groupBy(asked, ({ now }) => Math.floor(now / ZONE_STEP_MS)).values()) {
      const memberIds = [...new Set(together.map(({ memberId }) => memberId))]
      const { tasks, progress } = await readOn(query, together[0]!.now, memberIds)
      const byTask = new Map(progress.map((one) => [nameOf(one.memberId, one.program, one.campaign), one]))
      for (const one of together) {
        found.set(one, {
          tasks,
          progress: ({ program, slug }) => byTask.get(nameOf(one.memberId, program, slug)) ?? NOTHING_DONE,
        })
      }
    }
    return asked.map((one) => found.get(one)!)
  })
}

/** Midnights of all time zones lie on quarters of an hour. */
const ZONE_STEP_MS = 15 * 60_000

const nameOf = (memberId: MemberId, program: string, slug: string): string =>
  `${memberId} ${campaignId(program, slug)}`

function daysOf(tasks: readonly Task[], now: Instant): ProgramDay[] {
  const zones = new Map(tasks.map(({ program, timeZone }) => [program, timeZone]))
  return [...zones].map(([program, timeZone]) => ({ program, day: localDate(now, timeZone) }))
}
