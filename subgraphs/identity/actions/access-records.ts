import { BadInputError } from '../../../kernel/errors.ts'
import { type Connection, connection, type PageArguments, pageOf } from '../../../kernel/graphql/page.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { IdentityContext } from '../context.ts'
import { type AccessRecord, findAccessRecords } from '../store/access-records.ts'
import { findAllIds } from '../store/members.ts'

export interface AccessRecordsAsked extends PageArguments {
  readonly memberId?: string | null
  readonly reader?: string | null
  readonly from?: Instant | null
  readonly until?: Instant | null
}

/** Who saw personal data in clear, newest first, with all that this process has noted so far. */
export async function readAccessRecords(
  ctx: IdentityContext,
  asked: AccessRecordsAsked,
): Promise<Connection<AccessRecord>> {
  const { limit, after } = pageOf(asked)
  if (after !== undefined && !isUuid(after)) throw new BadInputError('after: not a cursor of this list.')
  if (asked.memberId != null && !isUuid(asked.memberId)) return connection([], limit, () => '')
  await ctx.services.accessLog.flush()
  const rows = await findAccessRecords(
    ctx.db,
    {
      memberIds: asked.memberId == null ? undefined : await everyId(ctx, asked.memberId),
      reader: asked.reader ?? undefined,
      from: asked.from ?? undefined,
      until: asked.until ?? undefined,
    },
    { limit, before: after },
  )
  return connection(rows, limit, ({ id }) => id)
}

/** By whichever id of a person, the records under all of them. */
async function everyId(ctx: IdentityContext, id: string): Promise<readonly string[]> {
  const member = await ctx.loaders.member.load(id)
  return member ? findAllIds(ctx.db, member.id) : [id]
}
