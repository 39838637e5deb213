import type { Principal } from '../../../kernel/auth/principal.ts'
import { refusalPayload } from '../../../kernel/graphql/refusal.ts'
import { READER } from '../../../kernel/graphql/rights.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { Result } from '../../../kernel/values/result.ts'
import { seeMember } from '../actions/see-member.ts'
import type { IdentityContext } from '../context.ts'

/** A mutation's answer: its result as `pack` lays it out, or the refusal. */
export function payload<T>(
  ctx: IdentityContext,
  result: Result<T>,
  pack: (value: T) => Record<string, unknown>,
): Record<string, unknown> {
  return result.ok
    ? pack(result.value)
    : { refusal: refusalPayload(result.refusal, ctx.messages, ctx.language) }
}

/** The member, read after the write, if the caller may see it. */
export const member = (ctx: IdentityContext, memberId: MemberId) => () => seeMember(ctx, memberId)

/** The member as shown to the person that has just proved to be it, who holds the new tokens but did not send them. */
export const ownMember = (ctx: IdentityContext, memberId: MemberId) => async () => {
  const reader: Principal = { kind: 'member', memberId, channel: 'APP', sessionId: '' }
  return { ...(await ctx.loaders.member.load(memberId)), [READER]: reader }
}
