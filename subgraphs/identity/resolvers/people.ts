import { wordsOf } from '../actions/applications.ts'
import { seeMember } from '../actions/see-member.ts'
import type { IdentityContext } from '../context.ts'
import type { CommunityGroup as Group } from '../domain/community-group.ts'
import type { Household as HouseholdRow, Relative } from '../domain/household.ts'
import type { ApplicationRow } from '../store/applications.ts'
import { type Company as CompanyRow, findExecutors } from '../store/companies.ts'
import type { GuideBinding as Binding } from '../store/guides.ts'

export const GuideBinding = {
  guide: ({ guide }: Binding, _: unknown, ctx: IdentityContext) => ctx.loaders.staff.load(guide),
}

export const Application = {
  reason: (row: ApplicationRow, _: unknown, ctx: IdentityContext) => wordsOf(ctx, row),
  member: ({ memberId }: ApplicationRow, _: unknown, ctx: IdentityContext) => seeMember(ctx, memberId),
}

export const Company = {
  executor: ({ executor }: CompanyRow, _: unknown, ctx: IdentityContext) =>
    executor === undefined ? null : seeMember(ctx, executor),
  executors: ({ id }: CompanyRow, _: unknown, ctx: IdentityContext) => findExecutors(ctx.db, id),
}

/** A person is one relative, also where two of its ids came in: the owner's place goes before the others. */
export const Household = {
  relatives: ({ relatives }: HouseholdRow): Relative[] => {
    const places = Map.groupBy(relatives, ({ personId }) => personId)
    return [...places.values()].map((own) => own.find(({ role }) => role === 'OWNER') ?? own[0]!)
  },
}

/** Relatives know each other by number, not by person. */
export const HouseholdMember = {
  memberId: ({ personId }: Relative) => personId,
  number: async ({ memberId }: Relative, _: unknown, ctx: IdentityContext) =>
    (await ctx.loaders.member.load(memberId))?.number,
}

export const CommunityGroup = {
  owner: ({ owner }: Group, _: unknown, ctx: IdentityContext) => ctx.loaders.staff.load(owner),
}
