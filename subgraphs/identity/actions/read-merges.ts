import { BadInputError } from '../../../kernel/errors.ts'
import { type Connection, connection, type PageArguments, pageOf } from '../../../kernel/graphql/page.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import type { IdentityContext } from '../context.ts'
import type { MergeCase, MergeState } from '../domain/merge-case.ts'
import { findAllIds } from '../store/members.ts'
import { listMergeCases } from '../store/merge-cases.ts'

export interface MergeCasesAsked extends PageArguments {
  readonly memberId?: string | null
  readonly state?: MergeState | null
}

/** Merges of a person by whichever of its ids, or of all, newest first. */
export async function readMergeCases(
  ctx: IdentityContext,
  asked: MergeCasesAsked,
): Promise<Connection<MergeCase>> {
  const { limit, after } = pageOf(asked)
  if (after !== undefined && !isUuid(after)) throw new BadInputError('after: not a cursor of this list.')
  const member = asked.memberId == null ? undefined : await ctx.loaders.member.load(asked.memberId)
  if (asked.memberId != null && !member) return connection([], limit, () => '')
  const rows = await listMergeCases(ctx.db.query, {
    memberIds: member && [...(await findAllIds(ctx.db, member.id)), asked.memberId!],
    state: asked.state ?? undefined,
    before: after,
    limit: limit + 1,
  })
  return connection(rows, limit, ({ id }) => id)
}
