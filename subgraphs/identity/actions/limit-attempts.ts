import type { Tx } from '../../../kernel/db/transaction.ts'
import { ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { type Attempt, hourOf, mayTry } from '../domain/attempts.ts'
import { addressIndex } from '../domain/sealing.ts'
import { attemptsInHour, countAttempt } from '../store/attempts.ts'
import { isSelf } from './callers.ts'

/** Persons are limited by their network address; the back end of a channel has one for all of its users. */
function subjectOf(ctx: IdentityContext): Buffer | undefined {
  return isSelf(ctx.principal) && ctx.address !== undefined
    ? addressIndex(ctx.services.keys.index, ctx.address)
    : undefined
}

/** Has the caller's address tries left? */
export async function checkAttempts(
  tx: Tx,
  ctx: IdentityContext,
  what: Attempt,
): Promise<Result<true, 'CODE_RATE_LIMITED'>> {
  const subject = subjectOf(ctx)
  if (!subject) return ok(true)
  return mayTry(what, await attemptsInHour(tx, subject, what, hourOf(ctx.now)), ctx.now)
}

/** The caller's address has had one more. */
export async function countAddressAttempt(tx: Tx, ctx: IdentityContext, what: Attempt): Promise<void> {
  const subject = subjectOf(ctx)
  if (subject) await countAttempt(tx, subject, what, hourOf(ctx.now))
}
