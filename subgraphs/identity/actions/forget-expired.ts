import { DAY_MS, later } from '../../../kernel/values/instant.ts'
import type { IdentityContext } from '../context.ts'
import { hourOf } from '../domain/attempts.ts'
import { CODE_KEPT_MS } from '../domain/one-time-code.ts'
import { deleteAttemptsBefore } from '../store/attempts.ts'
import { deleteInvitationsExpiredBefore } from '../store/households.ts'
import { deleteCodesExpiredBefore } from '../store/one-time-codes.ts'
import { deleteRehearsedBefore } from '../store/rehearsals.ts'
import { deleteRefreshTokensExpiredBefore } from '../store/sessions.ts'
import { deleteStaffTokensExpiredBefore } from '../store/staff-sessions.ts'

/** Codes and refresh tokens that can no longer be used, nor explain a refusal, go; so do the dry runs of yesterday. */
export async function forgetExpired(ctx: IdentityContext): Promise<void> {
  await ctx.db.transaction(async (tx) => {
    await deleteCodesExpiredBefore(tx, later(ctx.now, -CODE_KEPT_MS))
    await deleteAttemptsBefore(tx, hourOf(ctx.now))
    await deleteRefreshTokensExpiredBefore(tx, ctx.now)
    await deleteStaffTokensExpiredBefore(tx, ctx.now)
    await deleteInvitationsExpiredBefore(tx, ctx.now)
    await deleteRehearsedBefore(tx, later(ctx.now, -DAY_MS))
  })
}
