import type { Query } from '../../../kernel/db/statement.ts'
import {
  type MergeOrder,
  mergeOnce,
  type UnmergeOrder,
  unmergeOnce,
} from '../../../kernel/members/merge-step.ts'
import { allIds } from '../../../kernel/members/merged-members.ts'
import type { CampaignsContext } from '../context.ts'
import { type BonusPolicy, findSurplus } from '../domain/merge.ts'
import { currentTasks } from '../store/campaigns.ts'
import { participationsUnder, setAside, takeBackIn } from '../store/merges.ts'

/** A completion whose points are more than one person could have had. */
export interface Surplus {
  readonly program: string
  readonly campaign: string
  readonly day: string
  readonly memberId: string
  readonly id: string
  readonly points: string
}

export interface CampaignsMerge {
  /** That come along. */
  readonly participations: number
  readonly surplus: readonly Surplus[]
  /** Whether the points of the surplus are taken back. */
  readonly takenBack: boolean
}

/** What a merge would do here. */
export const previewMerge = (
  ctx: CampaignsContext,
  asked: { fromId: string; intoId: string; bonuses: BonusPolicy },
): Promise<CampaignsMerge> => plan(ctx.db.query, asked)

/** What two members did is what one person did from now on; no row moves. */
export async function mergeMember(
  ctx: CampaignsContext,
  order: MergeOrder & { bonuses: BonusPolicy },
): Promise<CampaignsMerge | undefined> {
  return ctx.db.transaction((tx) =>
    mergeOnce(tx, order, ctx.now, async () => {
      const merge = await plan(tx.query, order)
      if (merge.takenBack) await setAside(tx, merge.surplus, order.caseId)
      return merge
    }),
  )
}

/** Each member did what lies under its ids, and what had been set aside counts again. */
export async function unmergeMember(ctx: CampaignsContext, order: UnmergeOrder): Promise<void> {
  await ctx.db.transaction((tx) =>
    unmergeOnce(tx, order, ctx.now, (answer) =>
      takeBackIn(tx, (answer as CampaignsMerge).surplus, order.caseId),
    ),
  )
}

async function plan(
  query: Query,
  { fromId, intoId, bonuses }: { fromId: string; intoId: string; bonuses: BonusPolicy },
): Promise<CampaignsMerge> {
  const [fromIds, intoIds] = [await allIds(query, fromId), await allIds(query, intoId)]
  const all = await participationsUnder(query, [...fromIds, ...intoIds])
  const byTask = Map.groupBy(all, ({ program, campaign }) => `${program}:${campaign}`)
  const surplus = (await currentTasks(query)).tasks.flatMap(({ program, slug, definition }) =>
    findSurplus(byTask.get(`${program}:${slug}`) ?? [], definition, bonuses).map(
      ({ memberId, id, campaign, day, points }) => ({
        program,
        campaign,
        day,
        memberId,
        id,
        points: String(points),
      }),
    ),
  )
  const participations = all.filter(({ memberId }) => fromIds.some((id) => id === memberId)).length
  return { participations, surplus, takenBack: bonuses !== 'KEEP_BOTH' }
}
