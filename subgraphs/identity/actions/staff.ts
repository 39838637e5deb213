import { principalName } from '../../../kernel/auth/principal.ts'
import type { Role } from '../../../kernel/auth/roles.ts'
import { nodeOf } from '../../../kernel/auth/stores.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { loginIndex, places, seal } from '../domain/sealing.ts'
import {
  checkPassword,
  checkStaff,
  mayManage,
  type StaffAccount,
  type StaffDetails,
  type StaffRole,
  type Superior,
} from '../domain/staff.ts'
import { hashPassword, isPassword, newPassword, newTotpSecret, totpUri } from '../services/passwords.ts'
import { forgetAttempts } from '../store/attempts.ts'
import { findNode } from '../store/organisation.ts'
import {
  closeStaffRow,
  findStaff,
  findStaffByLogin,
  findStaffWithin,
  insertStaff,
  isStaffNameTaken,
  lockStaff,
  noteStaffChange,
  replacePassword,
  replaceSecrets,
  type StaffSecrets,
  updateStaffRow,
} from '../store/staff.ts'
import { revokeSessionsOfStaff } from '../store/staff-sessions.ts'
import { commandOf } from './command.ts'
import { newNonce } from './data-key.ts'
import { handOver, lockGuide } from './guides.ts'
import { takeLoginTry } from './staff-sign-in.ts'

/** What somebody signs in with the first time; shown this once. */
export interface StaffAccess {
  readonly login: string
  readonly password: string
  readonly totpUri: string
}

export interface StaffInput {
  readonly login: string
  readonly name: string
  readonly role: StaffRole
  readonly node?: string | null
  readonly openId?: string | null
}

export interface CreateStaffInput extends StaffInput {
  readonly idempotencyKey?: string | null
}

type Answer<T> = Result<T, IdentityRefusalCode>

export interface StaffWithAccess {
  readonly staff: StaffAccount
  /** Only in the answer to the call that made it: secrets are kept in no stored answer. */
  readonly access: StaffAccess | undefined
}

const detailsOf = ({ login, name, role, node, openId }: StaffInput): StaffDetails => ({
  login,
  name,
  role: role.toLowerCase() as Role,
  node: node ?? undefined,
  openId: openId ?? undefined,
})

async function superiorOf(tx: Tx, ctx: IdentityContext): Promise<Superior> {
  const { principal } = ctx
  if (principal.kind === 'service') return { role: 'admin', part: undefined }
  if (principal.kind !== 'staff') throw new ForbiddenError()
  return { role: principal.role, part: await findNode(tx, nodeOf(principal)) }
}

/** Makes what an account is signed in to with, for the person to take over. */
async function newAccess(
  ctx: IdentityContext,
  staff: { id: string; login: string },
): Promise<{ access: StaffAccess; secrets: StaffSecrets }> {
  const [password, totp] = [newPassword(), newTotpSecret()]
  return {
    access: { login: staff.login, password, totpUri: totpUri(totp, staff.login) },
    secrets: {
      passwordHash: await hashPassword(password),
      sealedTotp: seal(ctx.services.keys.master, places.totp(staff.id), totp, newNonce()),
    },
  }
}

/** Somebody gets an account, with a password and a secret for one-time codes to hand on. */
export async function createStaff(
  ctx: IdentityContext,
  input: CreateStaffInput,
): Promise<Answer<StaffWithAccess>> {
  const id = newId(ctx.now)
  const details = detailsOf(input)
  const { access, secrets } = await newAccess(ctx, { id, login: details.login.trim().toLowerCase() })
  return ctx.db.transaction(async (tx) => {
    const answer = await once<{ id: string }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'createStaff', input),
      async () => {
        const checked = checkStaff(details, await findNode(tx, details.node), await superiorOf(tx, ctx))
        if (!checked.ok) return checked
        const by = principalName(ctx.principal)
        if (!(await insertStaff(tx, { ...checked.value, id }, secrets, by, ctx.now))) {
          return fail('STAFF_EXISTS', { path: ['login'] })
        }
        await note(tx, ctx, id, 'created', { role: checked.value.role, node: checked.value.node ?? null })
        return ok({ id })
      },
    )
    if (!answer.ok) return answer
    const staff = (await findStaff(tx, answer.value.id))!
    return ok({ staff, access: answer.value.id === id ? access : undefined })
  })
}

export interface UpdateStaffInput extends StaffInput {
  readonly id: string
  readonly idempotencyKey?: string | null
}

/** Name, role, place or ways of signing in change; who may see something else now signs in anew. */
export async function updateStaff(
  ctx: IdentityContext,
  input: UpdateStaffInput,
): Promise<Answer<StaffAccount>> {
  return ctx.db.transaction(async (tx) => {
    const answer = await once<{ id: string }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'updateStaff', input),
      async () => {
        const superior = await superiorOf(tx, ctx)
        const staff = await lockManaged(tx, superior, input.id)
        if (!staff) return fail('STAFF_NOT_FOUND', { path: ['id'] })
        const details = detailsOf(input)
        const checked = checkStaff(details, await findNode(tx, details.node), superior)
        if (!checked.ok) return checked
        const after = { ...checked.value, id: staff.id }
        if (await isStaffNameTaken(tx, after)) return fail('STAFF_EXISTS', { path: ['login'] })
        await updateStaffRow(tx, after)
        await note(tx, ctx, staff.id, 'updated', {
          role: [staff.role, after.role],
          node: [staff.node ?? null, after.node ?? null],
        })
        if (staff.role !== after.role || staff.node !== after.node) {
          await revokeSessionsOfStaff(tx, staff.id, 'moved', ctx.now)
        }
        return ok({ id: staff.id })
      },
    )
    return answer.ok ? ok((await findStaff(tx, answer.value.id))!) : answer
  })
}

export interface StaffIdInput {
  readonly id: string
  readonly idempotencyKey?: string | null
}

export interface CloseStaffInput extends StaffIdInput {
  readonly successor?: string | null
}

/**
 * Somebody leaves: nobody signs in to the account any more, and what it did keeps its name. Members whom the person guided
 * go to the successor, or have no guide.
 */
export async function closeStaff(
  ctx: IdentityContext,
  input: CloseStaffInput,
): Promise<Answer<StaffAccount>> {
  return ctx.db.transaction(async (tx) => {
    const answer = await once<{ id: string }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'closeStaff', input),
      async () => {
        const staff = await lockManaged(tx, await superiorOf(tx, ctx), input.id)
        if (!staff) return fail('STAFF_NOT_FOUND', { path: ['id'] })
        if (staff.closed) return ok({ id: staff.id })
        const successor = input.successor == null ? undefined : await lockGuide(tx, ctx, input.successor)
        if (input.successor != null && (!successor || successor.id === staff.id)) {
          return fail('GUIDE_NOT_FOUND', { path: ['successor'] })
        }
        await handOver(tx, ctx, staff.id, successor?.id)
        await closeStaffRow(tx, staff.id, ctx.now)
        await revokeSessionsOfStaff(tx, staff.id, 'closed', ctx.now)
        await note(tx, ctx, staff.id, 'closed', {})
        return ok({ id: staff.id })
      },
    )
    return answer.ok ? ok((await findStaff(tx, answer.value.id))!) : answer
  })
}

/** A lost password or phone: both are made anew, all sessions end, and tries that failed are forgiven. */
export async function resetStaffAccess(
  ctx: IdentityContext,
  { id }: StaffIdInput,
): Promise<Answer<StaffWithAccess>> {
  const known = await findStaff(ctx.db, id)
  if (known?.login === undefined) return fail('STAFF_NOT_FOUND', { path: ['id'] })
  const { login } = known
  const { access, secrets } = await newAccess(ctx, { id, login })
  return ctx.db.transaction(async (tx) => {
    const staff = await lockManaged(tx, await superiorOf(tx, ctx), id)
    if (!staff || staff.closed) return fail('STAFF_NOT_FOUND', { path: ['id'] })
    await replaceSecrets(tx, id, secrets)
    await revokeSessionsOfStaff(tx, id, 'access-reset', ctx.now)
    await forgetAttempts(tx, loginIndex(ctx.services.keys.index, login), 'staff-login')
    await note(tx, ctx, id, 'access-reset', {})
    return ok({ staff, access })
  })
}

export interface ChangeStaffPasswordInput {
  readonly current: string
  readonly password: string
}

/** Somebody changes its own password; its other sessions end. */
export async function changeStaffPassword(
  ctx: IdentityContext,
  input: ChangeStaffPasswordInput,
): Promise<Answer<StaffAccount>> {
  const { principal } = ctx
  if (principal.kind !== 'staff') throw new ForbiddenError()
  const account = await findStaff(ctx.db, principal.staffId)
  if (!account?.login) throw new ForbiddenError('This account has no password.')
  const { login } = account
  const password = checkPassword(input.password, login)
  if (!password.ok) return password
  const mayTry = await takeLoginTry(ctx, login)
  if (!mayTry.ok) return mayTry
  const row = await findStaffByLogin(ctx.db, login)
  if (!row || !(await isPassword(row.secrets.passwordHash, input.current.normalize('NFKC')))) {
    return fail('STAFF_SIGN_IN_REFUSED', { path: ['current'] })
  }
  const passwordHash = await hashPassword(password.value)
  return ctx.db.transaction(async (tx) => {
    await replacePassword(tx, row.id, passwordHash)
    await revokeSessionsOfStaff(tx, row.id, 'password-changed', ctx.now, principal.sessionId)
    await forgetAttempts(tx, loginIndex(ctx.services.keys.index, login), 'staff-login')
    await note(tx, ctx, row.id, 'password-changed', {})
    return ok(account)
  })
}

/** Accounts that the caller may manage, or those within a node of them. */
export async function readStaff(
  ctx: IdentityContext,
  page: { within: string | undefined; after: string | undefined; limit: number },
): Promise<readonly StaffAccount[]> {
  const own = nodeOf(ctx.principal)
  if (own === undefined || page.within === undefined || page.within === own) {
    return findStaffWithin(ctx.db, { ...page, within: page.within ?? own })
  }
  const [part, node] = [await findNode(ctx.db, own), await findNode(ctx.db, page.within)]
  return part && node?.path.startsWith(part.path) ? findStaffWithin(ctx.db, page) : []
}

/** Holds an account that the caller may manage. */
export async function lockManaged(tx: Tx, superior: Superior, id: string): Promise<StaffAccount | undefined> {
  const staff = await lockStaff(tx, id)
  if (!staff?.login) return undefined
  const node = await findNode(tx, staff.node)
  return mayManage(superior, { role: staff.role, node }) ? staff : undefined
}

const note = (
  tx: Tx,
  ctx: IdentityContext,
  staffId: string,
  change: Parameters<typeof noteStaffChange>[1]['change'],
  detail: Record<string, unknown>,
): Promise<void> =>
  noteStaffChange(
    tx,
    { staffId, id: newId(ctx.now), change, detail, by: principalName(ctx.principal) },
    ctx.now,
  )
