/** Rights that fields ask for by `@requiresScopes`. */
export type Scope =
  | 'self' // a member, on its own data
  | 'members:register'
  | 'members:read'
  | 'members:import'
  | 'profile:write'
  | 'pii:read' // personal data unmasked
  | 'members:export' // all that is known of a member
  | 'members:erase'
  | 'members:merge' // finds two members to be one person, or not after all
  | 'members:move' // a part of Huitong that merges members elsewhere
  | 'access:audit' // who saw personal data
  | 'products:write'
  | 'consents:write'
  | 'identities:assert' // is believed when it says that an identifier was verified
  | 'tags:write'
  | 'segments:read'
  | 'segments:manage'
  | 'segments:export' // takes members' numbers out of the house
  | 'purchases:write'
  | 'points:redeem'
  | 'points:grant'
  | 'points:sync' // tells balances that members have at a channel
  | 'points:adjust' // asks for corrections, and posts small ones
  | 'points:approve' // is the second pair of eyes
  | 'ledger:audit'
  | 'terminals:manage'
  | 'finance:read' // what points cost and what is owed
  | 'tiers:decide' // who rises to a tier that needs approval
  | 'programs:publish'
  | 'benefits:manage'
  | 'entitlements:verify'
  | 'campaigns:manage'
  | 'partners:manage'
  | 'staff:self' // somebody on the staff, on its own account
  | 'staff:manage' // accounts of others, below its own node
  | 'organisation:read'
  | 'organisation:manage'
  | 'guides:manage' // whose members a store guide looks after
  | 'applications:review'
  | 'companies:manage'
  | 'tokens:issue' // the gateway's own

/** What somebody on the staff is; clerks and managers are placed at a node of the organisation, the rest is head office. */
export type Role = 'clerk' | 'manager' | 'operator' | 'admin'

const MEMBER: readonly Scope[] = ['self']

const CLERK: readonly Scope[] = [
  'members:register',
  'members:read',
  'identities:assert',
  'products:write',
  'consents:write',
  'tags:write',
  'purchases:write',
  'points:redeem',
  'entitlements:verify',
  'staff:self',
  'organisation:read',
]

/** Leads a store, or stores of a city, province or region. */
const MANAGER: readonly Scope[] = [
  ...CLERK,
  'staff:manage',
  'guides:manage',
  'applications:review',
  'companies:manage',
]

const OPERATOR: readonly Scope[] = [
  'staff:self',
  'organisation:read',
  'members:read',
  'points:adjust',
  'tags:write',
  'segments:read',
  'segments:manage',
  'benefits:manage',
  'campaigns:manage',
  'tiers:decide',
]

const ADMIN: readonly Scope[] = [
  ...MANAGER,
  ...OPERATOR,
  'organisation:manage',
  'members:import',
  'profile:write',
  'pii:read',
  'members:export',
  'members:erase',
  'members:merge',
  'access:audit',
  'segments:export',
  'points:grant',
  'points:approve',
  'ledger:audit',
  'terminals:manage',
  'finance:read',
  'programs:publish',
  'partners:manage',
]

const PARTNER: readonly Scope[] = [
  'members:register',
  'identities:assert',
  'tags:write',
  'points:sync',
  'entitlements:verify',
]

const CHANNEL: readonly Scope[] = [
  'members:register',
  'members:read',
  'identities:assert',
  'products:write',
  'consents:write',
  'tags:write',
  'purchases:write',
  'points:redeem',
  'points:sync',
]

/** Parts of Huitong that call each other; the gateway alone may ask for tokens on behalf of their owners. */
const INTERNAL: readonly Scope[] = [...ADMIN, 'members:move', 'points:sync', 'tokens:issue']

/** What each kind of caller may do; staff by role. */
export const scopes = {
  anonymous: new Set<Scope>(),
  member: new Set(MEMBER),
  clerk: new Set(CLERK),
  manager: new Set(MANAGER),
  operator: new Set(OPERATOR),
  admin: new Set(ADMIN),
  partner: new Set(PARTNER),
  channel: new Set(CHANNEL),
  internal: new Set(INTERNAL),
} satisfies Record<Role | string, ReadonlySet<Scope>>
