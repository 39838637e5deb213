import { nodeOf } from '../../../kernel/auth/stores.ts'
import type { IdentityContext } from '../context.ts'
import type { MemberRow } from '../store/members.ts'

/**
 * A member, if the caller may see it: who is placed at a node of the organisation sees the members of that part alone,
 * those who joined in its stores and those whose guide works there. Anybody else is nobody to them.
 */
export async function seeMember(
  ctx: IdentityContext,
  id: string,
  { whole }: { whole: boolean } = { whole: false },
): Promise<MemberRow | undefined> {
  return ifSeen(ctx, await ctx.loaders[whole ? 'wholeMember' : 'member'].load(id))
}

export async function ifSeen(
  ctx: IdentityContext,
  member: MemberRow | undefined,
): Promise<MemberRow | undefined> {
  const node = nodeOf(ctx.principal)
  if (!member || node === undefined) return member
  return (await ctx.loaders.within.load({ node, memberId: member.id })) ? member : undefined
}

/** Those of some members whom the caller may see, in the same order. */
export const seeMembers = (
  ctx: IdentityContext,
  ids: readonly string[],
): Promise<(MemberRow | undefined)[]> => Promise.all(ids.map((id) => seeMember(ctx, id)))
