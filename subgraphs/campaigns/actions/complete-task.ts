import { type Principal, principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import { BadInputError, ForbiddenError } from '../../../kernel/errors.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { allIds, holdMember } from '../../../kernel/members/merged-members.ts'
import { programFor } from '../../../kernel/programs/known-programs.ts'
import { isUuid, type MemberId, newId } from '../../../kernel/values/ids.ts'
import { type Instant, localDate } from '../../../kernel/values/instant.ts'
import { ok, type Result } from '../../../kernel/values/result.ts'
import type { TaskCompleted } from '../../../schema/events/campaigns.ts'
import type { CampaignsContext } from '../context.ts'
import { parseCampaignId } from '../domain/campaign.ts'
import { decideCompletion, decideTask, type LimitRefusal, type TaskRefusal } from '../domain/completion.ts'
import type { Participation } from '../domain/participation.ts'
import { findCampaign } from '../store/campaigns.ts'
import { insertParticipation, lockCompletions, readParticipation } from '../store/participations.ts'
import { settleReward } from './settle-reward.ts'

export interface CompleteTaskInput {
  readonly campaign: string
  readonly program?: string | null
  readonly memberId?: string | null
  readonly occurredAt?: Instant | null
  readonly idempotencyKey: string
}

type CompleteTaskRefusal = 'IDEMPOTENCY_KEY_REUSED' | TaskRefusal | LimitRefusal

/**
 * Records a completion, then has the ledger give the points. Between the two the participation is PENDING; whatever
 * happens then, the job `settle-rewards` carries on from there.
 */
export async function completeTask(
  ctx: CampaignsContext,
  input: CompleteTaskInput,
): Promise<Result<Participation, CompleteTaskRefusal>> {
  const recorded = await recordCompletion(ctx, input)
  if (!recorded.ok) return recorded
  const participation = await readParticipation(ctx.db.query, recorded.value)
  return ok(await settleReward(ctx, participation))
}

/** The stored answer is the key alone: what became of the points is read when it is asked for. */
async function recordCompletion(
  ctx: CampaignsContext,
  input: CompleteTaskInput,
): Promise<Result<{ memberId: MemberId; id: string }, CompleteTaskRefusal>> {
  const { now, principal } = ctx
  const { idempotencyKey, ...body } = input
  const holderId = memberActedOn(principal, input.memberId)
  const occurredAt = momentOf(principal, input.occurredAt, now)
  const by = principalName(principal)
  const command = { owner: by, key: idempotencyKey, action: 'completeTask', body, at: now }

  return ctx.db.transaction((tx) =>
    once(tx, command, async () => {
      const named = parseCampaignId(input.campaign)
      const program = await programFor(tx.query, named.program ?? input.program)
      const found = program && (await findCampaign(tx.query, program.slug, named.slug))
      const task = decideTask(found, now)
      if (!task.ok) return task
      const { program: slug, slug: campaign, timeZone, version, definition } = task.value

      const day = localDate(occurredAt, timeZone)
      const memberId = await holdMember(tx, holderId)
      const memberIds = await allIds(tx.query, memberId)
      const done = await lockCompletions(tx, { memberIds, holderId, program: slug, campaign, day })
      const decision = decideCompletion(definition, done)
      if (!decision.ok) return decision

      const points = BigInt(definition.points)
      const participation: Participation = {
        memberId: holderId,
        id: newId(now),
        program: slug,
        campaign,
        campaignVersion: version,
        day,
        number: decision.value,
        points,
        occurredAt,
        rewardedAt: points === 0n ? now : undefined,
        refusalCode: undefined,
        setAsideBy: undefined,
      }
      await insertParticipation(tx, participation, { at: now, by })
      const payload: TaskCompleted = { program: slug, campaign, participationId: participation.id, holderId }
      await publish(tx, [{ type: 'campaigns.TaskCompleted', memberId, occurredAt, payload }])
      return ok({ memberId: holderId, id: participation.id })
    }),
  )
}

/** A member acts on itself and may leave its id out; everyone else names whom they act on. */
function memberActedOn(principal: Principal, named: string | null | undefined): MemberId {
  if (principal.kind === 'member') {
    if (named && named !== principal.memberId) throw new ForbiddenError('A member acts only on itself.')
    return principal.memberId
  }
  if (!named) throw new BadInputError('memberId is required.')
  if (!isUuid(named)) throw new BadInputError('memberId is not the id of a member.')
  return named as MemberId
}

/** Members act now: who could choose the day could sign in for a whole year at once. */
function momentOf(principal: Principal, named: Instant | null | undefined, now: Instant): Instant {
  if (named === null || named === undefined) return now
  if (principal.kind === 'member') throw new ForbiddenError('A member may not name the time.')
  if (named > now) throw new BadInputError('occurredAt is in the future.')
  return named
}
