import type { Query } from '../../../kernel/db/statement.ts'
import {
  type MergeOrder,
  mergeOnce,
  type UnmergeOrder,
  unmergeOnce,
} from '../../../kernel/members/merge-step.ts'
import { allIds } from '../../../kernel/members/merged-members.ts'
import type { BenefitsContext } from '../context.ts'
import { type BonusPolicy, type DuplicateEntitlement, findDuplicates } from '../domain/merge.ts'
import { entitlementsUnder, setAside, takeBackIn } from '../store/merges.ts'

export interface BenefitsMerge {
  /** That come along, of whatever state. */
  readonly entitlements: number
  readonly duplicates: readonly {
    readonly program: string
    readonly benefit: string
    readonly source: string
    readonly setAside: { readonly holderId: string; readonly id: string } | null
  }[]
}

interface Plan {
  readonly merge: BenefitsMerge
  readonly found: readonly DuplicateEntitlement[]
}

/** What a merge would do here. */
export const previewMerge = async (
  ctx: BenefitsContext,
  asked: { fromId: string; intoId: string; bonuses: BonusPolicy },
): Promise<BenefitsMerge> => (await plan(ctx.db.query, ctx, asked, { held: false })).merge

/** The entitlements of two members are those of one person from now on; no row moves. */
export async function mergeMember(
  ctx: BenefitsContext,
  order: MergeOrder & { bonuses: BonusPolicy },
): Promise<BenefitsMerge | undefined> {
  return ctx.db.transaction((tx) =>
    mergeOnce(tx, order, ctx.now, async () => {
      const { merge, found } = await plan(tx.query, ctx, order, { held: true })
      await setAside(
        tx,
        found.flatMap((duplicate) => duplicate.setAside ?? []),
        order.caseId,
      )
      return merge
    }),
  )
}

/** Each member has what lies under its ids again, as it has become, and what had been set aside. */
export async function unmergeMember(ctx: BenefitsContext, order: UnmergeOrder): Promise<void> {
  await ctx.db.transaction((tx) =>
    unmergeOnce(tx, order, ctx.now, async (answer) => {
      const { duplicates } = answer as BenefitsMerge
      await takeBackIn(
        tx,
        duplicates.flatMap((duplicate) => duplicate.setAside ?? []),
        order.caseId,
      )
    }),
  )
}

async function plan(
  query: Query,
  ctx: BenefitsContext,
  { fromId, intoId, bonuses }: { fromId: string; intoId: string; bonuses: BonusPolicy },
  options: { held: boolean },
): Promise<Plan> {
  const [fromIds, intoIds] = [await allIds(query, fromId), await allIds(query, intoId)]
  const all = await entitlementsUnder(query, [...fromIds, ...intoIds], options)
  const from = all.filter(({ holderId }) => fromIds.includes(holderId))
  const into = all.filter(({ holderId }) => intoIds.includes(holderId))
  const found = findDuplicates({ from, into }, bonuses, ctx.now)
  const duplicates = found.map(({ program, benefit, source, setAside: gone }) => ({
    program,
    benefit,
    source,
    setAside: gone ? { holderId: gone.holderId, id: gone.id } : null,
  }))
  return { merge: { entitlements: from.length, duplicates }, found }
}
