import type { Principal } from '../../../kernel/auth/principal.ts'
import type { Role } from '../../../kernel/auth/roles.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { BadInputError } from '../../../kernel/errors.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { type MemberId, newId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { lockMember } from '../store/members.ts'
import { findNode } from '../store/organisation.ts'
import { insertSession } from '../store/sessions.ts'
import { ensureStaff } from '../store/staff.ts'
import { beginMembers, membersRegistered } from './register-member.ts'
import { staffPrincipal } from './staff-sign-in.ts'

export interface SandboxTokenInput {
  readonly kind: 'MEMBER' | 'CLERK' | 'MANAGER' | 'OPERATOR' | 'ADMIN' | 'PARTNER'
  readonly memberId?: string | null
  readonly store?: string | null
  readonly node?: string | null
  readonly partner?: string | null
}

/** The sandbox's clock is moved by months and years; its tokens must not run out on the way. */
const SECONDS = 20 * 365 * 24 * 60 * 60

/** A ready token for a caller of any kind. Production has no such thing. */
export async function sandboxToken(
  ctx: IdentityContext,
  input: SandboxTokenInput,
): Promise<Result<{ accessToken: string; expiresIn: number; memberId?: MemberId }, IdentityRefusalCode>> {
  if (!ctx.services.sandbox) return fail('SANDBOX_ONLY')
  return ctx.db.transaction(async (tx) => {
    const principal = await sandboxPrincipal(tx, ctx, input)
    if (!principal) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
    const accessToken = await ctx.services.tokens.sign(principal, { now: ctx.now, seconds: SECONDS })
    const memberId = principal.kind === 'member' ? principal.memberId : undefined
    return ok({ accessToken, expiresIn: SECONDS, memberId })
  })
}

async function sandboxPrincipal(
  tx: Tx,
  ctx: IdentityContext,
  input: SandboxTokenInput,
): Promise<Principal | undefined> {
  switch (input.kind) {
    case 'MEMBER': {
      const member = input.memberId ? await lockMember(tx, input.memberId) : await freshMember(tx, ctx)
      if (!member) return undefined
      const session = { id: newId(ctx.now), memberId: member.id, channel: 'APP' }
      await insertSession(tx, session, ctx.now)
      return { kind: 'member', memberId: member.id, channel: 'APP', sessionId: session.id }
    }
    case 'PARTNER':
      if (!input.partner) throw new BadInputError('partner: say which partner.')
      return { kind: 'partner', partnerId: input.partner }
    case 'CLERK':
      return staffOf(tx, ctx, 'clerk', input.store ?? 'store-1')
    case 'MANAGER':
      if (!input.node) throw new BadInputError('node: say at which node of the organisation.')
      return staffOf(tx, ctx, 'manager', input.node)
    case 'OPERATOR':
      return staffOf(tx, ctx, 'operator', undefined)
    case 'ADMIN':
      return staffOf(tx, ctx, 'admin', undefined)
  }
}

async function freshMember(tx: Tx, ctx: IdentityContext): Promise<{ id: MemberId }> {
  const id = newId<MemberId>(ctx.now)
  await beginMembers(tx, ctx, [{ id, joinedAt: ctx.now, channel: 'APP', store: undefined }])
  await publish(tx, [membersRegistered(ctx.now, 'APP', [id])])
  return { id }
}

/** A store that is in no organisation bounds where its clerk serves, not what it sees. */
async function staffOf(
  tx: Tx,
  ctx: IdentityContext,
  role: Role,
  place: string | undefined,
): Promise<Principal> {
  const node = (await findNode(tx, place))?.id
  if (role === 'manager' && node === undefined) throw new BadInputError('node: there is no such node.')
  const store = role === 'clerk' ? place : undefined
  const id = place === undefined ? `sandbox-${role}` : `sandbox-${role}-${place}`
  await ensureStaff(tx, { id, name: `Sandbox ${role}`, role, store, node }, ctx.now)
  return {
    ...(await staffPrincipal(tx, { id, role, node }, undefined)),
    ...(store === undefined ? {} : { store }),
  }
}
