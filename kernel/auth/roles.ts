import type { Principal } from './principal.ts'

/** Rights that fields ask for by `@requiresScopes`. */
export type Scope =
  | 'self' // a member, on its own data
  | 'members:register'
  | 'members:read'
  | 'members:import'
  | 'profile:write'
  | 'pii:read' // personal data unmasked
  | 'identities:assert' // is believed when it says that an identifier was verified
  | 'tags:write'
  | 'purchases:write'
  | 'points:redeem'
  | 'points:grant'
  | 'ledger:audit'
  | 'programs:publish'
  | 'benefits:manage'
  | 'entitlements:verify'
  | 'campaigns:manage'
  | 'partners:manage'
  | 'tokens:issue' // the gateway's own

export type Role = 'clerk' | 'operator' | 'admin'

export const ROLES: readonly Role[] = ['clerk', 'operator', 'admin']

const MEMBER: readonly Scope[] = ['self']

const CLERK: readonly Scope[] = [
  'members:register',
  'members:read',
  'identities:assert',
  'tags:write',
  'purchases:write',
  'points:redeem',
  'entitlements:verify',
]

const OPERATOR: readonly Scope[] = ['members:read', 'tags:write', 'benefits:manage', 'campaigns:manage']

const ADMIN: readonly Scope[] = [
  ...CLERK,
  ...OPERATOR,
  'members:import',
  'profile:write',
  'pii:read',
  'points:grant',
  'ledger:audit',
  'programs:publish',
  'partners:manage',
]

const PARTNER: readonly Scope[] = [
  'members:register',
  'identities:assert',
  'tags:write',
  'entitlements:verify',
]

const CHANNEL: readonly Scope[] = [
  'members:register',
  'members:read',
  'identities:assert',
  'tags:write',
  'purchases:write',
  'points:redeem',
]

/** Parts of Huitong that call each other; the gateway alone may ask for tokens on behalf of their owners. */
const INTERNAL: readonly Scope[] = [...ADMIN, 'tokens:issue']

const roleScopes: Record<Role, ReadonlySet<Scope>> = {
  clerk: new Set(CLERK),
  operator: new Set(OPERATOR),
  admin: new Set(ADMIN),
}
const member = new Set(MEMBER)
const partner = new Set(PARTNER)
const channel = new Set(CHANNEL)
const internal = new Set(INTERNAL)
const none: ReadonlySet<Scope> = new Set()

export function scopesOf(principal: Principal): ReadonlySet<Scope> {
  switch (principal.kind) {
    case 'anonymous':
      return none
    case 'member':
      return member
    case 'staff':
      return roleScopes[principal.role]
    case 'partner':
      return partner
    case 'service':
      return principal.channel === undefined ? internal : channel
  }
}
