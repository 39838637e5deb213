import { memberRecords, memberTables } from '../../../kernel/db/member-records.ts'
import { BadInputError } from '../../../kernel/errors.ts'
import { connection, type PageArguments, pageOf } from '../../../kernel/graphql/page.ts'
import { type EntitlementId, isUuid, type MemberId } from '../../../kernel/values/ids.ts'
import { instant } from '../../../kernel/values/instant.ts'
import type { BenefitsContext } from '../context.ts'
import type { Entitlement, EntitlementState } from '../domain/entitlement.ts'
import { distribution } from '../store/tables.ts'

interface MemberReference {
  readonly id: MemberId
}

export const Member = {
  __resolveReference: ({ id }: MemberReference): MemberReference => ({ id }),

  benefitsRecords: async ({ id }: { id: string }, _: unknown, ctx: BenefitsContext): Promise<string> =>
    JSON.stringify(await memberRecords(ctx.db.query, memberTables(distribution), [id])),

  async entitlements(
    member: MemberReference,
    args: PageArguments & { state?: EntitlementState | null },
    ctx: BenefitsContext,
  ) {
    const { limit, after } = pageOf(args)
    const page = {
      memberId: member.id,
      state: args.state ?? undefined,
      now: ctx.now,
      after: after === undefined ? undefined : parseCursor(after),
      limit: limit + 1,
    }
    const rows = await ctx.loaders.entitlementPage.load(page)
    return connection(rows, limit, (entitlement) => cursorOf(entitlement))
  },
}

const cursorOf = ({ grantedAt, benefit, id }: Entitlement): string => `${grantedAt}.${benefit}.${id}`

function parseCursor(text: string) {
  const [at = '', benefit = '', id = ''] = text.split('.')
  if (!/^\d{1,14}$/.test(at) || !isUuid(id)) throw new BadInputError('after is not a cursor of this list.')
  return { grantedAt: instant(Number(at)), benefit, id: id as EntitlementId }
}
