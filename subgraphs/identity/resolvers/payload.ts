import type { Principal } from '../../../kernel/auth/principal.ts'
import { AppError } from '../../../kernel/errors.ts'
import { refusalPayload } from '../../../kernel/graphql/refusal.ts'
import { READER } from '../../../kernel/graphql/rights.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { Result } from '../../../kernel/values/result.ts'
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

/** For answers that have no place for a refusal: it becomes the error of the call. */
export function valueOrError<T>(ctx: IdentityContext, result: Result<T>): T {
  if (result.ok) return result.value
  const { code, message, path } = refusalPayload(result.refusal, ctx.messages, ctx.language)
  const where = path.length > 0 ? `${path.join('.')}: ` : ''
  throw new AppError(code === 'IDEMPOTENCY_KEY_REUSED' ? 'CONFLICT' : 'BAD_USER_INPUT', `${where}${message}`)
}

/** The member, read after the write. */
export const member = (ctx: IdentityContext, memberId: MemberId) => () => ctx.loaders.member.load(memberId)

/** The member as shown to the person that has just proved to be it, who holds the new tokens but did not send them. */
export const ownMember = (ctx: IdentityContext, memberId: MemberId) => async () => {
  const reader: Principal = { kind: 'member', memberId, channel: 'APP', sessionId: '' }
  return { ...(await ctx.loaders.member.load(memberId)), [READER]: reader }
}
