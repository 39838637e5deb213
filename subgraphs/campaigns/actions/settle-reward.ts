import { AppError } from '../../../kernel/errors.ts'
import { toIso } from '../../../kernel/values/instant.ts'
import type { CampaignsContext } from '../context.ts'
import { type Participation, stateOf } from '../domain/participation.ts'
import { pendingParticipations, readParticipation, saveOutcome } from '../store/participations.ts'

const GRANT_POINTS = `
  mutation GrantPoints($input: GrantPointsInput!) {
    grantPoints(input: $input) { entry { id } refusal { code } }
  }`

interface Granted {
  readonly grantPoints: { readonly refusal: { readonly code: string } | null }
}

/**
 * Has the ledger give a participation's points, and writes down what became of it. The participation's id is the
 * idempotency key, so it may be tried again. When the ledger does not answer, it is still pending.
 */
export async function settleReward(
  ctx: CampaignsContext,
  participation: Participation,
): Promise<Participation> {
  if (stateOf(participation) !== 'PENDING') return participation
  try {
    await requestReward(ctx, participation)
  } catch (error) {
    ctx.log.warn({ error, participation: participation.id }, 'points of a participation not given yet')
    return participation
  }
  return readParticipation(ctx.db.query, participation)
}

const BATCH_SIZE = 200

/** Tries every pending participation once; when the ledger is away, the rest can wait for the next time. */
export async function settleRewards(ctx: CampaignsContext): Promise<void> {
  let after: string | undefined
  for (;;) {
    const batch = await pendingParticipations(ctx.db.query, after, BATCH_SIZE)
    for (const participation of batch) {
      try {
        await requestReward(ctx, participation)
      } catch (error) {
        ctx.log.warn({ error, participation: participation.id }, 'points of a participation not given yet')
        if (error instanceof AppError && error.code === 'SUBGRAPH_UNAVAILABLE') return
      }
    }
    if (batch.length < BATCH_SIZE) return
    after = batch.at(-1)!.id
  }
}

async function requestReward(ctx: CampaignsContext, participation: Participation): Promise<void> {
  const { memberId, id, program, campaign, points, occurredAt } = participation
  const { grantPoints } = await ctx.graph.request<Granted>('ledger', GRANT_POINTS, {
    input: {
      program,
      memberId,
      points: Number(points),
      source: 'ACTIVITY',
      reason: campaign,
      document: id,
      occurredAt: toIso(occurredAt),
      idempotencyKey: id,
    },
  })
  await saveOutcome(
    ctx.db.query,
    participation,
    grantPoints.refusal ? { refusalCode: grantPoints.refusal.code } : { rewardedAt: ctx.now },
  )
}
