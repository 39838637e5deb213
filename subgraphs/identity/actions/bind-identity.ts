import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { Channel } from '../domain/kinds.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { activateIfDue } from './activate-members.ts'
import { channelOf, isSelf, lockReachable, targetOf } from './callers.ts'
import { commandOf } from './command.ts'
import { identityBound } from './register-member.ts'
import { recordIdentities, resolveMember } from './resolve-member.ts'
import {
  isPassing,
  type ProofInput,
  prepareProofs,
  type VerifiedIdentifier,
  verifyProofs,
} from './verify-proofs.ts'

export interface BindIdentityInput {
  readonly memberId?: string | null
  readonly channel?: Channel | null
  readonly proofs: readonly ProofInput[]
  readonly idempotencyKey?: string | null
}

type Answer = Result<{ memberId: MemberId }, IdentityRefusalCode>

/** Adds identifiers to a member, who is then found by them too. What leads to somebody else is refused. */
export async function bindIdentity(ctx: IdentityContext, input: BindIdentityInput): Promise<Answer> {
  const target = targetOf(ctx.principal, input.memberId)
  const channel = channelOf(ctx.principal, input.channel, 'WEB')
  const command = commandOf(ctx, 'bindIdentity', input)

  const proofs = await prepareProofs(ctx, command, input.proofs)
  if (!proofs.ok && isPassing(proofs)) return proofs

  return ctx.db.transaction((tx) =>
    once<{ memberId: MemberId }, IdentityRefusalCode>(tx, command, async () => {
      if (!proofs.ok) return proofs
      const verified = await verifyProofs(tx, ctx, proofs.value, 'BIND')
      return verified.ok ? bind(tx, ctx, target, channel, verified.value) : verified
    }),
  )
}

async function bind(
  tx: Tx,
  ctx: IdentityContext,
  target: string,
  channel: Channel,
  verified: readonly VerifiedIdentifier[],
): Promise<Answer> {
  const reported = verified.find(({ strength }) => strength === 'reported')
  if (reported) return fail('ASSERTION_NOT_ALLOWED', { details: { kind: reported.kind } })
  const member = await lockReachable(tx, ctx.principal, target)
  if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
  const resolved = await resolveMember(tx, ctx, verified, { target: member, mayBeNew: false })
  if (!resolved.ok) return resolved
  await recordIdentities(
    tx,
    ctx,
    resolved.value.bind.map((identifier) => ({ memberId: resolved.value.holderId, identifier, channel })),
  )
  const { bind: bound } = resolved.value
  await activateIfDue(tx, ctx, member, {
    person: isSelf(ctx.principal),
    bound: bound.map(({ kind }) => kind),
  })
  if (bound.length > 0) await publish(tx, [identityBound(ctx.now, channel, member.id, bound)])
  return ok({ memberId: member.id })
}
