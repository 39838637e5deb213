import { readerOf } from '../../../kernel/graphql/rights.ts'
import { readAttributes } from '../actions/attributes.ts'
import { readProducts } from '../actions/products.ts'
import { readIdentities, readProfile } from '../actions/read-personal-data.ts'
import { seeMember } from '../actions/see-member.ts'
import { isInSegment } from '../actions/segments.ts'
import { listSessions } from '../actions/sessions.ts'
import type { IdentityContext } from '../context.ts'
import { currentConsents } from '../domain/consents.ts'
import { rankOf } from '../domain/tag-taxonomy.ts'
import { tagSet } from '../domain/tags.ts'
import type { MemberRow } from '../store/members.ts'
import { findTagHistory } from '../store/tags.ts'

export const Member = {
  __resolveReference: ({ id }: { id: string }, ctx: IdentityContext) => seeMember(ctx, id),

  profile: (member: MemberRow, _: unknown, ctx: IdentityContext) =>
    readProfile(ctx, member.id, readerOf(member, ctx)),

  identities: (member: MemberRow, _: unknown, ctx: IdentityContext) => readIdentities(ctx, member.id),

  tags: async (member: MemberRow, _: unknown, ctx: IdentityContext) => {
    const [tags, taxonomy] = await Promise.all([
      ctx.loaders.tags.load(member.id),
      ctx.loaders.taxonomy.load('all'),
    ])
    return tagSet(tags, ctx.now, ({ dimension, name, source }) => rankOf(taxonomy, dimension, name, source))
  },

  sessions: (member: MemberRow, _: unknown, ctx: IdentityContext) => listSessions(ctx, member.id),

  tagHistory: (member: MemberRow, _: unknown, ctx: IdentityContext) =>
    findTagHistory(ctx.db.query, member.id),

  attributes: (member: MemberRow, { program }: { program?: string | null }, ctx: IdentityContext) =>
    readAttributes(ctx, member.id, program, readerOf(member, ctx)),

  products: (member: MemberRow, { former }: { former: boolean }, ctx: IdentityContext) =>
    readProducts(ctx, member.id, readerOf(member, ctx), { former }),

  consents: async (member: MemberRow, _: unknown, ctx: IdentityContext) =>
    currentConsents(await ctx.loaders.consents.load(member.id)),

  consentHistory: (member: MemberRow, _: unknown, ctx: IdentityContext) =>
    ctx.loaders.consents.load(member.id),

  quietHours: (member: MemberRow, _: unknown, ctx: IdentityContext) => ctx.loaders.quietHours.load(member.id),

  inSegment: (member: MemberRow, { id }: { id: string }, ctx: IdentityContext) =>
    isInSegment(ctx, member.id, id),
}
