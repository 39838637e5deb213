import { memberFacts } from '../../../kernel/conditions/member-conditions.ts'
import { programFor } from '../../../kernel/programs/known-programs.ts'
import { type AccessRecordsAsked, readAccessRecords } from '../actions/access-records.ts'
import { judgeContacts } from '../actions/consents.ts'
import { findMemberBy, findMemberIds } from '../actions/find-members.ts'
import { findSegment, findSnapshot, previewSegment } from '../actions/segments.ts'
import { recentlyEnded } from '../actions/sessions.ts'
import type { IdentityContext } from '../context.ts'
import type { IdentifierText } from '../domain/identifier.ts'
import { findAttributeDefinitions } from '../store/attributes.ts'
import { readSources } from '../store/facts.ts'
import type { MemberRow } from '../store/members.ts'
import { findSegments } from '../store/segments.ts'
import { payload } from './payload.ts'

export const Query = {
  me: (_: unknown, __: unknown, ctx: IdentityContext) =>
    ctx.principal.kind === 'member' ? ctx.loaders.member.load(ctx.principal.memberId) : null,

  member: (_: unknown, { id }: { id: string }, ctx: IdentityContext) => ctx.loaders.member.load(id),

  memberBy: (_: unknown, { identity }: { identity: IdentifierText }, ctx: IdentityContext) =>
    findMemberBy(ctx, identity),

  resolveMembers: (_: unknown, { identities }: { identities: IdentifierText[] }, ctx: IdentityContext) =>
    findMemberIds(ctx, identities),

  knownMembers: async (_: unknown, { ids }: { ids: string[] }, ctx: IdentityContext) =>
    (await ctx.loaders.member.loadMany(ids)).map((member) => (member as MemberRow | undefined)?.id),

  segment: (_: unknown, { id }: { id: string }, ctx: IdentityContext) => findSegment(ctx, id),

  segments: (_: unknown, __: unknown, ctx: IdentityContext) => findSegments(ctx.db.query),

  previewSegment: async (
    _: unknown,
    asked: { condition: string; program?: string | null },
    ctx: IdentityContext,
  ) =>
    payload(ctx, await previewSegment(ctx, asked), ({ members, sample }) => ({
      members,
      sample: () => ctx.loaders.member.loadMany(sample),
    })),

  segmentSnapshot: (_: unknown, { id }: { id: string }, ctx: IdentityContext) => findSnapshot(ctx, id),

  conditionFacts: () =>
    Object.entries(memberFacts).flatMap(([subject, facts]) =>
      Object.entries(facts).map(([name, fact]) => ({ name: `${subject}.${name}`, ...fact })),
    ),

  factSources: (_: unknown, __: unknown, ctx: IdentityContext) => readSources(ctx.db.query),

  endedSessions: (_: unknown, __: unknown, ctx: IdentityContext) => recentlyEnded(ctx),
  attributeDefinitions: async (
    _: unknown,
    { program }: { program?: string | null },
    ctx: IdentityContext,
  ) => {
    const known = await programFor(ctx.db.query, program)
    return known ? findAttributeDefinitions(ctx.db, known.slug) : []
  },

  accessRecords: (_: unknown, asked: AccessRecordsAsked, ctx: IdentityContext) =>
    readAccessRecords(ctx, asked),

  contactVerdicts: (_: unknown, asked: Parameters<typeof judgeContacts>[1], ctx: IdentityContext) =>
    judgeContacts(ctx, asked),

  tokenKeys: async (_: unknown, __: unknown, ctx: IdentityContext) =>
    (await ctx.services.tokens.publicKeys()).map((key) => JSON.stringify(key)),
}
