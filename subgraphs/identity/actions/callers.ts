import { hasScopes, type Principal } from '../../../kernel/auth/principal.ts'
import type { Scope } from '../../../kernel/auth/roles.ts'
import { nodeOf } from '../../../kernel/auth/stores.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { BadInputError, ForbiddenError } from '../../../kernel/errors.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { Asserter } from '../domain/assertions.ts'
import type { Channel } from '../domain/kinds.ts'
import type { PhoneRecipe } from '../domain/phone-recipe.ts'
import { isPlaced } from '../domain/staff.ts'
import { findChannelIdentities } from '../store/channel-identities.ts'
import { type LockedMember, lockMember } from '../store/members.ts'
import { membersWithin } from '../store/organisation.ts'

/** What the kinds of callers may do here beyond what the schema says. */

export const isSelf = (principal: Principal): boolean =>
  principal.kind === 'anonymous' || principal.kind === 'member'

export function requireScope(principal: Principal, scope: Scope): void {
  if (!hasScopes(principal, [[scope]])) throw new ForbiddenError()
}

/** As whom a caller vouches for identifiers. */
export function asserterOf(principal: Principal, recipes: readonly PhoneRecipe[]): Asserter {
  if (!hasScopes(principal, [['identities:assert']])) return { kind: 'nobody' }
  switch (principal.kind) {
    case 'anonymous':
    case 'member':
      return { kind: 'nobody' }
    case 'staff':
      return { kind: 'staff' }
    case 'partner':
      return {
        kind: 'partner',
        partnerId: principal.partnerId,
        recipes: recipes.flatMap(({ id, partner }) => (partner === principal.partnerId ? id : [])),
      }
    case 'service':
      return principal.channel === undefined
        ? { kind: 'internal' }
        : { kind: 'channel', channel: principal.channel }
  }
}

/**
 * By which channel a call comes. A back end speaks for its own; nobody but an import says that somebody came by
 * import.
 */
export function channelOf(
  principal: Principal,
  given: Channel | null | undefined,
  otherwise: Channel,
): Channel {
  const own = ownChannel(principal)
  const channel = given ?? own ?? otherwise
  const bound = principal.kind === 'partner' || principal.kind === 'service'
  if (bound && own !== undefined && channel !== own)
    throw new ForbiddenError(`The caller's channel is ${own}.`)
  if (channel === 'IMPORT') requireScope(principal, 'members:import')
  return channel
}

/** The channel that a caller is of. */
export function ownChannel(principal: Principal): Channel | undefined {
  switch (principal.kind) {
    case 'anonymous':
      return undefined
    case 'staff':
      return principal.store === undefined && principal.node === undefined ? undefined : 'STORE'
    case 'partner':
      return 'PARTNER'
    case 'member':
    case 'service':
      return principal.channel as Channel | undefined
  }
}

/** Under which name a caller's tags are kept: tags of one source never overwrite those of another. */
export function tagSourceOf(principal: Principal): string {
  switch (principal.kind) {
    case 'partner':
      return `PARTNER:${principal.partnerId}`
    case 'staff':
      return isPlaced(principal.role) ? 'STORE' : 'STAFF'
    case 'service':
      return principal.channel ?? 'RULE'
    case 'anonymous':
    case 'member':
      throw new ForbiddenError()
  }
}

/** Whom a call is about: members act on themselves, everybody else says on whom. */
export function targetOf(principal: Principal, memberId: string | null | undefined): string {
  if (principal.kind !== 'member') {
    if (memberId == null) throw new BadInputError('memberId: say which member.')
    return memberId
  }
  if (memberId != null && memberId !== principal.memberId) throw new ForbiddenError()
  return principal.memberId
}

/**
 * Holds the member that a call is about, if the caller may reach it: a partner reaches its own customers only, staff the
 * members of their part of the organisation.
 */
export async function lockReachable(
  tx: Tx,
  principal: Principal,
  memberId: string,
): Promise<LockedMember | undefined> {
  const member = await lockMember(tx, memberId)
  const node = nodeOf(principal)
  if (member && node !== undefined) {
    return (await membersWithin(tx, node, [member.id])).has(member.id) ? member : undefined
  }
  if (!member || principal.kind !== 'partner') return member
  return (await isCustomer(tx, principal.partnerId, member.id)) ? member : undefined
}

const isCustomer = async (tx: Tx, partnerId: string, memberId: MemberId): Promise<boolean> =>
  (await findChannelIdentities(tx, [memberId])).some(
    ({ kind, scope }) => kind === 'PARTNER_CUSTOMER' && scope === partnerId,
  )
