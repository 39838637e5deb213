import { principalName } from '../../../kernel/auth/principal.ts'
import { nodeOf } from '../../../kernel/auth/stores.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import {
  type CommunityGroup,
  checkGroup,
  decideGroup as decide,
  type GroupPlatform,
  type GroupState,
} from '../domain/community-group.ts'
import { liesWithin } from '../domain/organisation.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { findGroup, findGroupsWithin, insertGroup, saveGroupState } from '../store/community-groups.ts'
import { findNode } from '../store/organisation.ts'
import { findStaff } from '../store/staff.ts'
import { commandOf } from './command.ts'

export interface RegisterGroupInput {
  readonly name: string
  readonly platform: GroupPlatform
  readonly platformId: string
  readonly purpose: string
  readonly owner?: string | null
  readonly idempotencyKey?: string | null
}

type Answer = Result<CommunityGroup, IdentityRefusalCode>

/** Somebody on the staff registers a group that it, or somebody of its part, leads. It waits for approval. */
export async function registerGroup(ctx: IdentityContext, input: RegisterGroupInput): Promise<Answer> {
  const { principal } = ctx
  if (principal.kind !== 'staff') throw new ForbiddenError()
  return answerOf(ctx, (tx) =>
    once<string, IdentityRefusalCode>(tx, commandOf(ctx, 'registerGroup', input), async () => {
      const checked = checkGroup(input)
      if (!checked.ok) return checked
      const owner = await findStaff(tx, input.owner ?? principal.staffId)
      if (!owner || owner.closed || !(await isOfPart(tx, ctx, owner.node))) {
        return fail('STAFF_NOT_FOUND', { path: ['owner'] })
      }
      const group: CommunityGroup = {
        ...checked.value,
        id: newId(ctx.now),
        platform: input.platform,
        owner: owner.id,
        node: owner.node,
        state: 'SUBMITTED',
        registeredBy: principalName(principal),
        decisionReason: undefined,
      }
      if (!(await insertGroup(tx, group, ctx.now))) return fail('GROUP_EXISTS', { path: ['platformId'] })
      return ok(group.id)
    }),
  )
}

export interface DecideGroupInput {
  readonly id: string
  readonly state: Exclude<GroupState, 'SUBMITTED'>
  readonly reason?: string | null
  readonly idempotencyKey?: string | null
}

/** A group is approved or refused by somebody else than who registered it, or given up. */
export async function decideGroup(ctx: IdentityContext, input: DecideGroupInput): Promise<Answer> {
  return answerOf(ctx, (tx) =>
    once<string, IdentityRefusalCode>(tx, commandOf(ctx, 'decideGroup', input), async () => {
      const found = await findGroup(tx, input.id, { lock: true })
      const group = found && (await isOfPart(tx, ctx, found.node)) ? found : undefined
      const by = principalName(ctx.principal)
      const reason = input.reason?.trim() || undefined
      const decided = decide(group, { state: input.state, by, reason })
      if (!decided.ok) return decided
      const { id, owner, node } = decided.value
      await saveGroupState(tx, id, { state: input.state, by, reason: reason?.slice(0, 500) }, ctx.now)
      await publish(tx, [
        {
          type: 'identity.CommunityGroupChanged',
          occurredAt: ctx.now,
          payload: { group: id, state: input.state, owner, node: node ?? null },
        },
      ])
      return ok(id)
    }),
  )
}

/** Groups of the caller's part of the organisation. */
export const readGroups = (
  ctx: IdentityContext,
  page: { state: GroupState | undefined; after: string | undefined; limit: number },
): Promise<CommunityGroup[]> => findGroupsWithin(ctx.db, { ...page, within: nodeOf(ctx.principal) })

async function isOfPart(tx: Tx, ctx: IdentityContext, place: string | undefined): Promise<boolean> {
  const own = nodeOf(ctx.principal)
  if (own === undefined) return true
  const [part, node] = [await findNode(tx, own), await findNode(tx, place)]
  return part !== undefined && node !== undefined && liesWithin(node, part)
}

async function answerOf(
  ctx: IdentityContext,
  work: (tx: Tx) => Promise<Result<string, IdentityRefusalCode>>,
): Promise<Answer> {
  return ctx.db.transaction(async (tx) => {
    const answer = await work(tx)
    return answer.ok ? ok((await findGroup(tx, answer.value))!) : answer
  })
}
