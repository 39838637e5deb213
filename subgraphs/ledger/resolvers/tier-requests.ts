import { BadInputError } from '../../../kernel/errors.ts'
import { connection, type PageArguments, pageOf } from '../../../kernel/graphql/page.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import { tierOf } from '../domain/tiers.ts'
import { pickProgram } from '../store/programs.ts'
import { readTierRequests } from '../store/tier-requests.ts'

export async function tierRequests(
  _: unknown,
  args: PageArguments & { program?: string | null },
  ctx: LedgerContext,
) {
  const { limit, after } = pageOf(args)
  const program = pickProgram(await ctx.services.programs.current(), args.program)
  if (!program) return connection([], limit, () => '')
  const requests = await readTierRequests(ctx.db.query, program.key, {
    after: after === undefined ? undefined : placeOf(after),
    limit: limit + 1,
  })
  const nodes = requests.map(({ memberId, tier, askedAt }) => ({
    member: { id: memberId },
    tier: tierOf(program, tier),
    askedAt,
  }))
  return connection(nodes, limit, ({ member, askedAt }) => `${askedAt}/${member.id}`)
}

function placeOf(cursor: string): { askedAt: Instant; memberId: string } {
  const [at = '', memberId = ''] = cursor.split('/')
  if (!/^\d+$/.test(at) || !isUuid(memberId)) throw new BadInputError('after is not a cursor of this list.')
  return { askedAt: Number(at) as Instant, memberId }
}
