import { nodeOf } from '../../../kernel/auth/stores.ts'
import { BadInputError } from '../../../kernel/errors.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import type { IdentityContext } from '../context.ts'
import { findMembersWithin, type MemberRow } from '../store/members.ts'
import { findWholeMembersWithin } from '../store/whole-members.ts'

export interface MemberFilter {
  readonly store?: string | null
  readonly guide?: string | null
  readonly status?: string | null
}

/** Members that the caller may see, in the order of their ids. */
export async function listMembers(
  ctx: IdentityContext,
  asked: MemberFilter & { after: string | undefined; limit: number },
  { whole }: { whole: boolean },
): Promise<MemberRow[]> {
  const { after, limit } = asked
  if (after !== undefined && !isUuid(after)) throw new BadInputError('after is no cursor.')
  return (whole ? findWholeMembersWithin : findMembersWithin)(ctx.db, {
    within: nodeOf(ctx.principal),
    store: asked.store ?? undefined,
    guide: asked.guide ?? undefined,
    status: asked.status ?? undefined,
    after,
    limit,
  })
}
