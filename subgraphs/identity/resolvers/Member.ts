import type { GraphQLResolveInfo } from 'graphql'
import { fieldFinder } from '../../../kernel/graphql/asked-fields.ts'
import { readerOf } from '../../../kernel/graphql/rights.ts'
import { readAttributes } from '../actions/attributes.ts'
import { readProducts } from '../actions/products.ts'
import { readIdentities, readProfile } from '../actions/read-personal-data.ts'
import { seeMember } from '../actions/see-member.ts'
import { isInSegment } from '../actions/segments.ts'
import { listSessions } from '../actions/sessions.ts'
import type { IdentityContext } from '../context.ts'
import { combineConsents, currentConsents } from '../domain/consents.ts'
import { rankAmong } from '../domain/tag-taxonomy.ts'
import { tagSet } from '../domain/tags.ts'
import { currentGuide } from '../store/guides.ts'
import type { MemberRow } from '../store/members.ts'
import { findTagHistory } from '../store/tags.ts'
import type { WholeMember } from '../store/whole-members.ts'

/** Whoever asks for these of members is given them with the members. */
export const asksForWhole = fieldFinder(['profile', 'tags'])

export const Member = {
  __resolveReference: ({ id }: { id: string }, ctx: IdentityContext, info: GraphQLResolveInfo) =>
    seeMember(ctx, id, { whole: asksForWhole(info) }),

  profile: (member: MemberRow, _: unknown, ctx: IdentityContext) =>
    readProfile(ctx, member, readerOf(member, ctx)),

  identities: (member: MemberRow, _: unknown, ctx: IdentityContext) => readIdentities(ctx, member.id),

  tags: async (member: MemberRow | WholeMember, _: unknown, ctx: IdentityContext) => {
    const tags = 'whole' in member ? member.whole.tags : await ctx.loaders.tags.load(member.id)
    return tagSet(tags, ctx.now, ({ believed, source }) => rankAmong(believed, source))
  },

  sessions: (member: MemberRow, _: unknown, ctx: IdentityContext) => listSessions(ctx, member.id),

  tagHistory: (member: MemberRow, _: unknown, ctx: IdentityContext) =>
    findTagHistory(ctx.db.query, member.id),

  attributes: (member: MemberRow, { program }: { program?: string | null }, ctx: IdentityContext) =>
    readAttributes(ctx, member.id, program, readerOf(member, ctx)),

  products: (member: MemberRow, { former }: { former: boolean }, ctx: IdentityContext) =>
    readProducts(ctx, member.id, readerOf(member, ctx), { former }),

  consents: async (member: MemberRow, _: unknown, ctx: IdentityContext) =>
    currentConsents(combineConsents(await ctx.loaders.consents.load(member.id))),

  consentHistory: async (member: MemberRow, _: unknown, ctx: IdentityContext) =>
    (await ctx.loaders.consents.load(member.id))
      .flatMap(({ statements }) => statements)
      .toSorted((a, b) => a.statedAt - b.statedAt),

  quietHours: (member: MemberRow, _: unknown, ctx: IdentityContext) => ctx.loaders.quietHours.load(member.id),

  activatedAt: ({ status, joinedAt, activatedAt }: MemberRow) =>
    activatedAt ?? (status === 'ACTIVE' || status === 'ERASED' ? joinedAt : null),

  guide: async (member: MemberRow, _: unknown, ctx: IdentityContext) => {
    const current = currentGuide(await ctx.loaders.guides.load(member.id))
    return current && ctx.loaders.staff.load(current.guide)
  },

  guideHistory: (member: MemberRow, _: unknown, ctx: IdentityContext) => ctx.loaders.guides.load(member.id),

  household: (member: MemberRow, _: unknown, ctx: IdentityContext) => ctx.loaders.household.load(member.id),

  companies: (member: MemberRow, _: unknown, ctx: IdentityContext) => ctx.loaders.companies.load(member.id),

  applications: (member: MemberRow, _: unknown, ctx: IdentityContext) =>
    ctx.loaders.applications.load(member.id),

  inSegment: (member: MemberRow, { id }: { id: string }, ctx: IdentityContext) =>
    isInSegment(ctx, member.id, id),
}
