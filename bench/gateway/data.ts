import { instant } from '../../kernel/values/instant.ts'

/** What the subgraphs of the gateway bench know, in memory: the gateway is measured, not a database. */
const MEMBERS = 1_000
const LISTED = 50

const JOINED = instant('2026-01-05T08:00:00Z')
const UNTIL = instant('2027-01-05T08:00:00Z')

const gold = { id: 'gold', name: 'Gold', threshold: 5_000n, discount: '0.98' }
const diamond = { id: 'diamond', name: 'Diamond', threshold: 20_000n, discount: '0.95' }

export const memberIdAt = (index: number): string => `member-${index % MEMBERS}`
export const listedIds: readonly string[] = Array.from({ length: LISTED }, (_, index) => memberIdAt(index))

export interface Person {
  readonly id: string
}

const identities = table((id, n) => ({
  id,
  number: `M${100_000 + n}`,
  status: 'ACTIVE',
  joinedAt: JOINED,
  profile: { name: `Person ${n}`, phone: `+8613800${100_000 + n}`, province: 'Shanghai', version: 1 },
  tags: ['coffee', 'hiking', 'new-car'].map((name) => ({
    dimension: 'INTEREST',
    name,
    value: 'yes',
    setAt: JOINED,
    expiresAt: UNTIL,
  })),
}))

const accounts = table((id, n) => ({
  id,
  account: {
    id: `account-${n}`,
    memberId: id,
    growth: 7_000n,
    points: { available: BigInt(n * 10), held: 5n, pending: 20n },
    tier: {
      tier: gold,
      since: JOINED,
      validUntil: '2027-01-31',
      progress: { next: diamond, missing: 13_000n, by: '2027-01-31' },
    },
  },
}))

const entitlements = table((id, n) => ({
  id,
  entitlements: {
    edges: ['roadside', 'lounge', 'car-wash', 'inspection', 'airport'].map((name, index) => ({
      cursor: `${n}.${index}`,
      node: {
        id: `entitlement-${n}-${index}`,
        memberId: id,
        code: `HT-${n}-${index}`,
        state: 'ACTIVE',
        usesLeft: 3,
        usesTotal: 12,
        validUntil: UNTIL,
        benefit: { id: `benefit-${index}`, name, program: 'bench', slug: name },
      },
    })),
  },
}))

const tasks = table((id, n) => ({
  id,
  tasks: ['sign-in', 'share', 'survey'].map((name, index) => ({
    campaign: { id: `campaign-${index}`, name, program: 'bench', slug: name },
    completedToday: 0,
    perDay: 1,
    completedThisYear: n % 300,
    perYear: 365,
    pointsEarned: BigInt(n % 300),
    available: true,
  })),
}))

export const find = {
  identity: (id: string) => identities.get(id),
  ledger: (id: string) => accounts.get(id),
  benefits: (id: string) => entitlements.get(id),
  campaigns: (id: string) => tasks.get(id),
}

/** All of a member in one object, for who has it all in one place. */
const wholes = table((id) => ({
  ...identities.get(id),
  ...accounts.get(id),
  ...entitlements.get(id),
  ...tasks.get(id),
}))
export const findWhole = (id: string) => wholes.get(id)

export const recordedPurchase = (document: string) => ({
  duplicate: false,
  refusal: null,
  purchase: {
    id: `purchase-${document}`,
    document,
    points: 150n,
    growth: 100n,
    total: { amount: '100.00', currency: 'CNY' },
    tierAfter: gold,
    tierBefore: gold,
    awards: [{ line: 1, rule: 'base', asset: 'POINTS', amount: 150n }],
    skipped: [],
  },
})

function table<Row>(rowOf: (id: string, n: number) => Row): Map<string, Row> {
  return new Map(Array.from({ length: MEMBERS }, (_, n) => [memberIdAt(n), rowOf(memberIdAt(n), n)] as const))
}
