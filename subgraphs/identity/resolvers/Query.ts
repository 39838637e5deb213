import { findMemberIds } from '../actions/find-members.ts'
import type { IdentityContext } from '../context.ts'
import type { IdentifierText } from '../domain/identifier.ts'
import type { MemberRow } from '../store/members.ts'

export const Query = {
  me: (_: unknown, __: unknown, ctx: IdentityContext) =>
    ctx.principal.kind === 'member' ? ctx.loaders.member.load(ctx.principal.memberId) : null,

  member: (_: unknown, { id }: { id: string }, ctx: IdentityContext) => ctx.loaders.member.load(id),

  memberBy: async (_: unknown, { identity }: { identity: IdentifierText }, ctx: IdentityContext) => {
    const [id] = await findMemberIds(ctx, [identity])
    return id && ctx.loaders.member.load(id)
  },

  resolveMembers: (_: unknown, { identities }: { identities: IdentifierText[] }, ctx: IdentityContext) =>
    findMemberIds(ctx, identities),

  knownMembers: async (_: unknown, { ids }: { ids: string[] }, ctx: IdentityContext) =>
    (await ctx.loaders.member.loadMany(ids)).map((member) => (member as MemberRow | undefined)?.id),

  tokenKeys: async (_: unknown, __: unknown, ctx: IdentityContext) =>
    (await ctx.services.tokens.publicKeys()).map((key) => JSON.stringify(key)),
}
