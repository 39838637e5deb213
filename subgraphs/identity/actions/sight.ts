import { hasScopes, type Principal, principalName } from '../../../kernel/auth/principal.ts'
import type { IdentityContext } from '../context.ts'
import type { Sight } from '../domain/masking.ts'

/** How much of a person a reader sees. */
export const sightOf = (reader: Principal, memberId: string): Sight =>
  isPerson(reader, memberId) || hasScopes(reader, [['pii:read']]) ? 'clear' : 'masked'

const isPerson = (reader: Principal, memberId: string): boolean =>
  reader.kind === 'member' && reader.memberId === memberId

/** Writes down that somebody saw personal data of somebody else in clear. Costs the reader no wait. */
export async function noteSight(
  ctx: IdentityContext,
  reader: Principal,
  memberId: string,
  fields: readonly string[],
): Promise<void> {
  if (fields.length === 0 || isPerson(reader, memberId) || sightOf(reader, memberId) === 'masked') return
  await ctx.services.accessLog.note({
    memberId,
    reader: principalName(reader),
    seen: fields,
    requestId: ctx.requestId,
    readAt: ctx.now,
  })
}
