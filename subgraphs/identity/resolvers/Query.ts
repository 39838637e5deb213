import type { GraphQLResolveInfo } from 'graphql'
import { memberFacts } from '../../../kernel/conditions/member-conditions.ts'
import { connection, type PageArguments, pageOf } from '../../../kernel/graphql/page.ts'
import { programFor } from '../../../kernel/programs/known-programs.ts'
import { type AccessRecordsAsked, readAccessRecords } from '../actions/access-records.ts'
import { readApplications } from '../actions/applications.ts'
import { readGroups } from '../actions/community-groups.ts'
import { readCompany } from '../actions/companies.ts'
import { judgeContacts } from '../actions/consents.ts'
import { findMemberBy, findMemberIds } from '../actions/find-members.ts'
import { listMembers, type MemberFilter } from '../actions/list-members.ts'
import { readOrganisation } from '../actions/organisation.ts'
import { type MergePreviewInput, previewMerge } from '../actions/preview-merge.ts'
import { type MergeCasesAsked, readMergeCases } from '../actions/read-merges.ts'
import { type IdentityConflictsAsked, readConflicts } from '../actions/resolve-conflict.ts'
import { ifSeen, seeMember, seeMembers } from '../actions/see-member.ts'
import { findSegment, findSnapshot, previewSegment } from '../actions/segments.ts'
import { recentlyEnded } from '../actions/sessions.ts'
import { readStaff } from '../actions/staff.ts'
import type { IdentityContext } from '../context.ts'
import type { ApplicationState } from '../domain/applications.ts'
import type { GroupState } from '../domain/community-group.ts'
import type { IdentifierText } from '../domain/identifier.ts'
import { findAttributeDefinitions } from '../store/attributes.ts'
import { findConflict } from '../store/conflicts.ts'
import { readSources } from '../store/facts.ts'
import type { MemberRow } from '../store/members.ts'
import { findMergeCase } from '../store/merge-cases.ts'
import { findSegments } from '../store/segments.ts'
import { asksForWhole } from './Member.ts'
import { payload } from './payload.ts'

export const Query = {
  me: (_: unknown, __: unknown, ctx: IdentityContext, info: GraphQLResolveInfo) =>
    ctx.principal.kind === 'member'
      ? seeMember(ctx, ctx.principal.memberId, { whole: asksForWhole(info) })
      : null,

  member: (_: unknown, { id }: { id: string }, ctx: IdentityContext, info: GraphQLResolveInfo) =>
    seeMember(ctx, id, { whole: asksForWhole(info) }),

  memberBy: async (_: unknown, { identity }: { identity: IdentifierText }, ctx: IdentityContext) =>
    ifSeen(ctx, await findMemberBy(ctx, identity)),

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
      sample: async () => (await seeMembers(ctx, sample)).filter((member) => member !== undefined),
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

  identityConflict: (_: unknown, { id }: { id: string }, ctx: IdentityContext) =>
    findConflict(ctx.db.query, id),

  identityConflicts: (_: unknown, asked: IdentityConflictsAsked, ctx: IdentityContext) =>
    readConflicts(ctx, asked),

  mergePreview: async (_: unknown, { input }: { input: MergePreviewInput }, ctx: IdentityContext) =>
    payload(ctx, await previewMerge(ctx, input), (preview) => ({ preview })),

  mergeCase: (_: unknown, { id }: { id: string }, ctx: IdentityContext) => findMergeCase(ctx.db.query, id),

  mergeCases: (_: unknown, asked: MergeCasesAsked, ctx: IdentityContext) => readMergeCases(ctx, asked),

  contactVerdicts: (_: unknown, asked: Parameters<typeof judgeContacts>[1], ctx: IdentityContext) =>
    judgeContacts(ctx, asked),

  organisation: (_: unknown, { within }: { within?: string | null }, ctx: IdentityContext) =>
    readOrganisation(ctx, within),

  currentStaff: (_: unknown, __: unknown, ctx: IdentityContext) =>
    ctx.principal.kind === 'staff' ? ctx.loaders.staff.load(ctx.principal.staffId) : null,

  staff: async (
    _: unknown,
    { within, ...page }: PageArguments & { within?: string | null },
    ctx: IdentityContext,
  ) => {
    const { limit, after } = pageOf(page)
    const rows = await readStaff(ctx, { within: within ?? undefined, after, limit: limit + 1 })
    return connection(rows, limit, ({ id }) => id)
  },

  members: async (
    _: unknown,
    { filter, ...page }: PageArguments & { filter?: MemberFilter | null },
    ctx: IdentityContext,
    info: GraphQLResolveInfo,
  ) => {
    const { limit, after } = pageOf(page)
    const whole = asksForWhole(info)
    const rows = await listMembers(ctx, { ...filter, after, limit: limit + 1 }, { whole })
    return connection(rows, limit, ({ id }) => id)
  },

  applications: async (
    _: unknown,
    { state, ...page }: PageArguments & { state?: ApplicationState | null },
    ctx: IdentityContext,
  ) => {
    const { limit, after } = pageOf(page)
    const rows = await readApplications(ctx, { state: state ?? undefined, after, limit: limit + 1 })
    return connection(rows, limit, ({ id }) => id)
  },

  company: (_: unknown, { code }: { code: string }, ctx: IdentityContext) => readCompany(ctx, code),

  communityGroups: async (
    _: unknown,
    { state, ...page }: PageArguments & { state?: GroupState | null },
    ctx: IdentityContext,
  ) => {
    const { limit, after } = pageOf(page)
    const rows = await readGroups(ctx, { state: state ?? undefined, after, limit: limit + 1 })
    return connection(rows, limit, ({ id }) => id)
  },

  tokenKeys: async (_: unknown, __: unknown, ctx: IdentityContext) =>
    (await ctx.services.tokens.publicKeys()).map((key) => JSON.stringify(key)),
}
