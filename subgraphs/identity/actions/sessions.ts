import { ACCESS_TOKEN_SECONDS } from '../../../kernel/auth/access-token.ts'
import type { Principal } from '../../../kernel/auth/principal.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import { later } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import {
  type ActiveSession,
  findActiveSessions,
  revokeSessions,
  sessionsEndedSince,
} from '../store/sessions.ts'
import { staffSessionsEndedSince } from '../store/staff-sessions.ts'

export interface SessionView extends ActiveSession {
  readonly current: boolean
}

/** Where a member is signed in, last used first. */
export async function listSessions(ctx: IdentityContext, memberId: string): Promise<SessionView[]> {
  const current = ctx.principal.kind === 'member' ? ctx.principal.sessionId : undefined
  const sessions = await findActiveSessions(ctx.db, memberId, ctx.now)
  return sessions.map((session) => ({ ...session, current: session.id === current }))
}

export interface EndSessionsInput {
  /** One of them; all but the caller's own unless given. */
  readonly sessionId?: string | null
}

/** The member ends one of its sessions, or all but the one that it asks by. Doing it twice is doing it once. */
export async function endSessions(
  ctx: IdentityContext,
  { sessionId }: EndSessionsInput,
): Promise<Result<number, IdentityRefusalCode>> {
  const { memberId, sessionId: own } = selfOf(ctx.principal)
  return ctx.db.transaction(async (tx) => {
    const ids = (await findActiveSessions(tx, memberId, ctx.now)).map(({ id }) => id)
    const ending = sessionId == null ? ids.filter((id) => id !== own) : ids.filter((id) => id === sessionId)
    if (sessionId != null && ending.length === 0) return fail('SESSION_NOT_FOUND', { path: ['sessionId'] })
    await revokeSessions(tx, memberId, ending, 'ended-by-member', ctx.now)
    return ok(ending.length)
  })
}

function selfOf(principal: Principal): Extract<Principal, { kind: 'member' }> {
  if (principal.kind !== 'member') throw new ForbiddenError()
  return principal
}

/** Sessions, of members and staff, whose last access token may still be good. Those of the sandbox are good for years. */
export async function recentlyEnded(ctx: IdentityContext): Promise<string[]> {
  const since = ctx.services.sandbox ? undefined : later(ctx.now, -(ACCESS_TOKEN_SECONDS + 60) * 1000)
  return [...(await sessionsEndedSince(ctx.db, since)), ...(await staffSessionsEndedSince(ctx.db, since))]
}
