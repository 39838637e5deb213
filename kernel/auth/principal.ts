import type { MemberId } from '../values/ids.ts'
import { type Role, type Scope, scopes } from './roles.ts'

/** Who is calling. A subgraph never sees a token, only this. */
export type Principal =
  | { readonly kind: 'anonymous' }
  /** A member, through one of its channels. */
  | {
      readonly kind: 'member'
      readonly memberId: MemberId
      readonly channel: string
      readonly sessionId: string
    }
  /**
   * Someone who works for the brand. Who is placed at a node of the organisation sees the members of that part of the
   * tree and serves in its `stores`; without a node it is head office. A clerk belongs to a `store`.
   */
  | {
      readonly kind: 'staff'
      readonly staffId: string
      readonly role: Role
      readonly store?: string
      readonly node?: string
      readonly stores?: readonly string[]
      readonly sessionId?: string
    }
  /** A partner vendor: sees and writes off only what is its own. */
  | { readonly kind: 'partner'; readonly partnerId: string }
  /** A trusted back end: a channel's (`channel` is set), or another part of Huitong. */
  | { readonly kind: 'service'; readonly name: string; readonly channel?: string }

export const ANONYMOUS: Principal = { kind: 'anonymous' }

export const isAnonymous = (principal: Principal): boolean => principal.kind === 'anonymous'

function scopesOf(principal: Principal): ReadonlySet<Scope> {
  switch (principal.kind) {
    case 'staff':
      return scopes[principal.role]
    case 'service':
      return principal.channel === undefined ? scopes.internal : scopes.channel
    default:
      return scopes[principal.kind]
  }
}

const holdsOneOf = (held: ReadonlySet<Scope>, required: readonly (readonly Scope[])[]): boolean =>
  required.some((all) => all.every((scope) => held.has(scope)))

export const hasScopes = (principal: Principal, required: readonly (readonly Scope[])[]): boolean =>
  holdsOneOf(scopesOf(principal), required)

/** The same, asked again and again: what kinds of callers hold is fixed, so each is judged once. */
export function scopeJudge(required: readonly (readonly Scope[])[]): (principal: Principal) => boolean {
  const known = new Map<ReadonlySet<Scope>, boolean>()
  return (principal) => {
    const held = scopesOf(principal)
    let judgement = known.get(held)
    if (judgement === undefined) {
      judgement = holdsOneOf(held, required)
      known.set(held, judgement)
    }
    return judgement
  }
}

/** How a principal is written down in audit columns: `staff:7f…`, `partner:cinema`. */
export function principalName(principal: Principal): string {
  switch (principal.kind) {
    case 'anonymous':
      return 'anonymous'
    case 'member':
      return `member:${principal.memberId}`
    case 'staff':
      return `staff:${principal.staffId}`
    case 'partner':
      return `partner:${principal.partnerId}`
    case 'service':
      return `service:${principal.name}`
  }
}
