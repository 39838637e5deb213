import { randomBytes } from 'node:crypto'
import { ACCESS_TOKEN_SECONDS } from '../../../kernel/auth/access-token.ts'
import type { Principal } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { HOUR_MS, later } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { ATTEMPTS_MAX, hourOf, mayTry } from '../domain/attempts.ts'
import { decideRefresh } from '../domain/refresh.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { loginIndex, places, unseal } from '../domain/sealing.ts'
import { normalLogin, type StaffAccount } from '../domain/staff.ts'
import { isPassword, totpStep } from '../services/passwords.ts'
import { countAttempt, forgetAttempts } from '../store/attempts.ts'
import { findNode, findStoresWithin } from '../store/organisation.ts'
import { findStaff, findStaffByLogin, findStaffByOpenId, takeTotpStep } from '../store/staff.ts'
import {
  insertStaffRefreshToken,
  insertStaffSession,
  lockStaffRefreshToken,
  revokeStaffSession,
  type StaffSession,
  useUpStaffTokens,
} from '../store/staff-sessions.ts'
import { checkAttempts, countAddressAttempt } from './limit-attempts.ts'
import { type SessionTokens, secretDigest } from './open-session.ts'

export interface SignInStaffInput {
  readonly login: string
  readonly password: string
  readonly totp: string
}

export interface StaffSignedIn {
  readonly staff: StaffAccount
  readonly session: SessionTokens
}

type Answer<T> = Result<T, IdentityRefusalCode>

const refused = fail('STAFF_SIGN_IN_REFUSED')

/**
 * Somebody on the staff signs in with password and one-time code. Whatever is wrong, the answer is the same, and takes
 * the same time. Each try is counted before the password is looked at: guesses in parallel are guesses all the same.
 */
export async function signInStaff(
  ctx: IdentityContext,
  input: SignInStaffInput,
): Promise<Answer<StaffSignedIn>> {
  const login = normalLogin(input.login.slice(0, 256))
  const allowed = await takeLoginTry(ctx, login)
  if (!allowed.ok) return allowed
  const row = await findStaffByLogin(ctx.db, login)
  const password = input.password.slice(0, 512).normalize('NFKC')
  const right = await isPassword(row?.secrets.passwordHash, password)
  const step = row && totpStep(openTotp(ctx, row.id, row.secrets.sealedTotp), input.totp.trim(), ctx.now)
  return ctx.db.transaction(async (tx) => {
    const proved = right && row && step !== undefined && (await takeTotpStep(tx, row.id, step))
    if (!proved) {
      await countAddressAttempt(tx, ctx, 'wrong-password')
      return refused
    }
    await forgetAttempts(tx, loginIndex(ctx.services.keys.index, login), 'staff-login')
    return ok({ staff: row, session: await openStaffSession(tx, ctx, row) })
  })
}

/** One more try at a login, if address and login have any left. */
export async function takeLoginTry(ctx: IdentityContext, login: string): Promise<Answer<true>> {
  const subject = loginIndex(ctx.services.keys.index, login)
  return ctx.db.transaction(async (tx) => {
    const address = await checkAttempts(tx, ctx, 'wrong-password')
    if (!address.ok) return fail('STAFF_LOCKED', { details: address.refusal.details ?? {} })
    const tries = await countAttempt(tx, subject, 'staff-login', hourOf(ctx.now))
    if (tries <= ATTEMPTS_MAX['staff-login']) return ok(true)
    const verdict = mayTry('staff-login', tries, ctx.now)
    return verdict.ok ? verdict : fail('STAFF_LOCKED', { details: verdict.refusal.details ?? {} })
  })
}

/** By the master key, or by one of before that sealed it. */
export function openTotp(ctx: IdentityContext, staffId: string, sealed: Buffer): Buffer {
  const { master, formerMasters } = ctx.services.keys
  for (const key of formerMasters) {
    try {
      return unseal(key, places.totp(staffId), sealed)
    } catch {
      // The next key of the ring; the present one comes last, and tells if it does not open either.
    }
  }
  return unseal(master, places.totp(staffId), sealed)
}

export interface SignInStaffByOpenIdInput {
  readonly idToken: string
  readonly nonce?: string | null
}

/** Somebody on the staff brings an ID token of the brand's OpenID provider, in exchange for a session; each once. */
export async function signInStaffByOpenId(
  ctx: IdentityContext,
  input: SignInStaffByOpenIdInput,
): Promise<Answer<StaffSignedIn>> {
  const { openId } = ctx.services
  if (!openId) return fail('OPEN_ID_UNAVAILABLE')
  const token = await openId.verify(input.idToken, { now: ctx.now, nonce: input.nonce ?? undefined })
  if (!token.ok) return token
  const staff = await findStaffByOpenId(ctx.db, token.value.subject)
  if (!staff) return refused
  return ctx.db.transaction(async (tx) => {
    const use = newId(ctx.now)
    const key = secretDigest(input.idToken).toString('base64url')
    const command = { owner: 'openid', key, action: 'signInStaffByOpenId', body: key, at: ctx.now }
    const taken = await once<string, never>(tx, command, async () => ok(use))
    if (!taken.ok || taken.value !== use) return fail('ID_TOKEN_NOT_VALID', { path: ['idToken'] })
    return ok({ staff, session: await openStaffSession(tx, ctx, staff) })
  })
}

async function openStaffSession(tx: Tx, ctx: IdentityContext, staff: StaffAccount): Promise<SessionTokens> {
  const session = { id: newId(ctx.now), staffId: staff.id, startedAt: ctx.now }
  await insertStaffSession(tx, session)
  return handOut(tx, ctx, session, staff)
}

async function handOut(
  tx: Tx,
  ctx: IdentityContext,
  session: StaffSession,
  staff: StaffAccount,
): Promise<SessionTokens> {
  const refreshToken = randomBytes(32).toString('base64url')
  const refreshTokenExpiresAt = later(session.startedAt, ctx.services.staffSessionHours * HOUR_MS)
  await insertStaffRefreshToken(tx, {
    hash: secretDigest(refreshToken),
    sessionId: session.id,
    issuedAt: ctx.now,
    expiresAt: refreshTokenExpiresAt,
  })
  const principal = await staffPrincipal(tx, staff, session.id)
  return {
    accessToken: await ctx.services.tokens.sign(principal, { now: ctx.now }),
    accessTokenExpiresAt: later(ctx.now, ACCESS_TOKEN_SECONDS * 1000),
    refreshToken,
    refreshTokenExpiresAt,
  }
}

/** A token has them all by name, and must fit into a header. Who is placed above more sees them, and serves in none. */
const STORES_MAX = 300

/** Who calls with an account's token: what it may do, and where. */
export async function staffPrincipal(
  tx: Tx,
  staff: Pick<StaffAccount, 'id' | 'role' | 'node'>,
  sessionId: string | undefined,
): Promise<Principal> {
  const base = { kind: 'staff', staffId: staff.id, role: staff.role, sessionId } as const
  if (staff.node === undefined) return base
  const node = await findNode(tx, staff.node)
  const stores = await findStoresWithin(tx, staff.node, STORES_MAX + 1)
  return {
    ...base,
    node: staff.node,
    ...(stores.length <= STORES_MAX ? { stores } : {}),
    ...(node?.kind === 'STORE' && !node.closed ? { store: node.id } : {}),
  }
}

export interface RefreshStaffSessionInput {
  readonly refreshToken: string
  readonly idempotencyKey?: string | null
}

/** Exchanges a refresh token of a staff session; role and place are read anew. */
export async function refreshStaffSession(
  ctx: IdentityContext,
  input: RefreshStaffSessionInput,
): Promise<Answer<StaffSignedIn>> {
  const idempotencyKey = input.idempotencyKey ?? undefined
  return ctx.db.transaction(async (tx) => {
    const token = await lockStaffRefreshToken(tx, secretDigest(input.refreshToken))
    const decision = decideRefresh(token, { now: ctx.now, idempotencyKey })
    if (!decision.ok) {
      if (decision.refusal.code === 'REFRESH_TOKEN_REUSED') {
        await revokeStaffSession(tx, token!.session.id, 'token-reused', ctx.now)
      }
      return decision
    }
    const { session } = token!
    const staff = await findStaff(tx, session.staffId)
    if (!staff || staff.closed) return fail('REFRESH_TOKEN_NOT_VALID')
    await useUpStaffTokens(tx, session.id, idempotencyKey, ctx.now)
    return ok({ staff, session: await handOut(tx, ctx, session, staff) })
  })
}

/** Ends the caller's session. Doing it twice is doing it once. */
export async function signOutStaff(ctx: IdentityContext): Promise<void> {
  const { principal } = ctx
  if (principal.kind !== 'staff') throw new ForbiddenError()
  const { sessionId } = principal
  if (sessionId === undefined) return
  await ctx.db.transaction((tx) => revokeStaffSession(tx, sessionId, 'signed-out', ctx.now))
}
