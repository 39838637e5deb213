import DataLoader from 'dataloader'
import type { Db } from '../../../kernel/db/open-database.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { LocalDate } from '../../../kernel/values/instant.ts'
import type { Campaign } from '../domain/campaign.ts'
import type { Task } from '../domain/completion.ts'
import { type CampaignRow, campaignFromRow, currentTasks } from './campaigns.ts'
import { type Progress, progressOf } from './participations.ts'

interface CampaignKey {
  readonly program: string
  readonly slug: string
}

interface ProgressKey {
  readonly memberId: MemberId
  readonly program: string
  readonly day: LocalDate
}

export type Loaders = ReturnType<typeof createLoaders>

/** Batches what one request reads. */
export function createLoaders({ query }: Db) {
  const campaignKey = (key: CampaignKey) => `${key.program}:${key.slug}`
  const programAndDay = (key: ProgressKey) => `${key.program} ${key.day}`
  let tasks: Promise<Task[]> | undefined

  return {
    /** The tasks of all programmes; few, so they are read whole. */
    tasks: (): Promise<Task[]> => {
      tasks ??= currentTasks(query)
      return tasks
    },

    campaign: new DataLoader<CampaignKey, Campaign | undefined, string>(
      async (keys) => {
        const rows = await query<CampaignRow>(
          `/* campaigns */
           select c.*, p.time_zone from unnest($1::text[], $2::text[]) as wanted (program, slug)
           join campaign c using (program, slug) join program p on p.slug = c.program`,
          [keys.map((key) => key.program), keys.map((key) => key.slug)],
        )
        const found = new Map(rows.map((row) => [campaignKey(row), campaignFromRow(row)]))
        return keys.map((key) => found.get(campaignKey(key)))
      },
      { cacheKeyFn: campaignKey },
    ),

    /** A member's progress by campaign; one query for each programme, however many members. */
    progress: new DataLoader<ProgressKey, ReadonlyMap<string, Progress>, string>(
      async (keys) => {
        const found = new Map<string, Map<string, Progress>>()
        for (const [group, members] of Map.groupBy(keys, programAndDay)) {
          const { program, day } = members[0]!
          const memberIds = members.map((key) => key.memberId)
          for (const progress of await progressOf(query, memberIds, program, day)) {
            const key = `${group} ${progress.memberId}`
            const ofMember = found.get(key) ?? new Map<string, Progress>()
            found.set(key, ofMember.set(progress.campaign, progress))
          }
        }
        return keys.map((key) => found.get(`${programAndDay(key)} ${key.memberId}`) ?? new Map())
      },
      { cacheKeyFn: (key) => `${programAndDay(key)} ${key.memberId}` },
    ),
  }
}
