import { ForbiddenError } from '../../../kernel/errors.ts'
import type { IdentityContext } from '../context.ts'
import { revokeSession } from '../store/sessions.ts'

/** Ends the caller's session. Doing it twice is doing it once. */
export async function signOut(ctx: IdentityContext): Promise<void> {
  const { principal } = ctx
  if (principal.kind !== 'member') throw new ForbiddenError()
  await ctx.db.transaction((tx) =>
    revokeSession(tx, { id: principal.sessionId, memberId: principal.memberId }, 'signed-out', ctx.now),
  )
}
