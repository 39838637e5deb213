import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { Channel } from '../domain/kinds.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { activateFound } from './activate-members.ts'
import { channelOf, isSelf } from './callers.ts'
import { commandOf } from './command.ts'
import { openSession, type SessionTokens } from './open-session.ts'
import { identityBound, SESSION_REPEAT_MS } from './register-member.ts'
import { recordIdentities, resolveMember } from './resolve-member.ts'
import {
  isPassing,
  type ProofInput,
  prepareProofs,
  type VerifiedIdentifier,
  verifyProofs,
} from './verify-proofs.ts'

export interface SignInInput {
  readonly channel?: Channel | null
  readonly proof: ProofInput
  readonly idempotencyKey?: string | null
}

type Answer = Result<{ memberId: MemberId; answeredAt: Instant }, IdentityRefusalCode>

/**
 * A session for a member who proves to be there, or for whom the back end of the member's channel vouches. Staff and
 * partners act under their own name, never with a member's token.
 */
export async function signIn(
  ctx: IdentityContext,
  input: SignInInput,
): Promise<Result<{ memberId: MemberId; session: SessionTokens | undefined }, IdentityRefusalCode>> {
  if (!isSelf(ctx.principal) && ctx.principal.kind !== 'service') throw new ForbiddenError()
  const channel = channelOf(ctx.principal, input.channel, input.proof.wechatCode ? 'WECHAT' : 'APP')
  const command = commandOf(ctx, 'signIn', input)

  const proofs = await prepareProofs(ctx, command, [input.proof])
  if (!proofs.ok && isPassing(proofs)) return proofs

  return ctx.db.transaction(async (tx) => {
    const answer: Answer = await once(tx, command, async () => {
      if (!proofs.ok) return proofs
      const verified = await verifyProofs(tx, ctx, proofs.value, 'SIGN_IN')
      return verified.ok ? recognise(tx, ctx, channel, verified.value) : verified
    })
    if (!answer.ok) return answer
    const { memberId, answeredAt } = answer.value
    const mayHaveSession = ctx.now - answeredAt <= SESSION_REPEAT_MS
    const session = mayHaveSession ? await openSession(tx, ctx, memberId, channel) : undefined
    return ok({ memberId, session })
  })
}

async function recognise(
  tx: Tx,
  ctx: IdentityContext,
  channel: Channel,
  verified: readonly VerifiedIdentifier[],
): Promise<Answer> {
  const resolved = await resolveMember(tx, ctx, verified, { mayBeNew: false })
  if (!resolved.ok) return resolved
  const { memberId, holderId, bind } = resolved.value
  await recordIdentities(
    tx,
    ctx,
    bind.map((identifier) => ({ memberId: holderId, identifier, channel })),
  )
  await activateFound(tx, ctx, memberId, { person: true, bound: bind.map(({ kind }) => kind) })
  if (bind.length > 0) await publish(tx, [identityBound(ctx.now, channel, memberId, bind)])
  return ok({ memberId, answeredAt: ctx.now })
}
