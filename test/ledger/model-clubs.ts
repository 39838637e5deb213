import { type NaiveProgram, plusDays, plusMonths } from './naive-ledger.ts'
import {
  documentWith,
  withDowngrade,
  withGrowthValidity,
  withPointsValidity,
  withRules,
} from './program-of.ts'

/** A programme as the ledger reads it, and once more in the plainest of words. */
export interface Club {
  readonly document: string
  readonly naive: NaiveProgram
}

const yuan = (fen: bigint) => fen / 100n

/** As shipped: a point a yuan, twice for VIPs, all for twelve months. */
const superMember: Club = {
  document: documentWith(),
  naive: {
    id: 'super-member',
    pointsLast: (day) => plusMonths(day, 12),
    growthLast: (day) => plusMonths(day, 12),
    points: (fen, tier) => yuan(fen) * (tier === 'vip' ? 2n : 1n),
    growth: yuan,
    tiers: [
      { id: 'ordinary', from: 0n, months: 0 },
      { id: 'advanced', from: 3_000n, months: 12 },
      { id: 'vip', from: 5_000n, months: 12 },
    ],
    downgrade: 'to-fit',
  },
}

/** Everything ends soon; rounds half up; half as much again for VIPs; one step down. */
const shortClub: Club = {
  document: documentWith(
    ['program: super-member', 'program: short-club'],
    withPointsValidity('{ kind: rolling, days: 40 }'),
    withGrowthValidity('{ kind: rolling, months: 3 }'),
    withRules(`
  - { id: spend, on: purchase, asset: points, award: { points: 2, per: "3.00" }, rounding: half-up }
  - { id: vip-more, on: purchase, asset: points, multiplier: "1.5", when: 'member.tier == "vip"' }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "1.00" } }`),
    ['growth: 3000\n    validMonths: 12', 'growth: 1500\n    validMonths: 2'],
    ['growth: 5000\n    validMonths: 12', 'growth: 2500\n    validMonths: 1'],
    withDowngrade('one-step'),
  ),
  naive: {
    id: 'short-club',
    pointsLast: (day) => plusDays(day, 40),
    growthLast: (day) => plusMonths(day, 3),
    points: (fen, tier) => {
      const base = (fen * 2n + 150n) / 300n
      return tier === 'vip' ? base + base / 2n : base
    },
    growth: yuan,
    tiers: [
      { id: 'ordinary', from: 0n, months: 0 },
      { id: 'advanced', from: 1_500n, months: 2 },
      { id: 'vip', from: 2_500n, months: 1 },
    ],
    downgrade: 'one-step',
  },
}

/** Points to the end of the year, growth to that of the next; rounds up; down to the base. */
const yearClub: Club = {
  document: documentWith(
    ['program: super-member', 'program: year-club'],
    withPointsValidity('{ kind: calendar-year, years: 1 }'),
    withGrowthValidity('{ kind: calendar-year, years: 2 }'),
    withRules(`
  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "10.00" }, rounding: up }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "1.00" } }`),
    ['growth: 3000\n    validMonths: 12', 'growth: 3000\n    validMonths: 6'],
    ['growth: 5000\n    validMonths: 12', 'growth: 5000\n    validMonths: 6'],
    withDowngrade('to-base'),
  ),
  naive: {
    id: 'year-club',
    pointsLast: (day) => `${day.slice(0, 4)}-12-31`,
    growthLast: (day) => `${Number(day.slice(0, 4)) + 1}-12-31`,
    points: (fen) => (fen + 999n) / 1_000n,
    growth: yuan,
    tiers: [
      { id: 'ordinary', from: 0n, months: 0 },
      { id: 'advanced', from: 3_000n, months: 6 },
      { id: 'vip', from: 5_000n, months: 6 },
    ],
    downgrade: 'to-base',
  },
}

/** Points that never end, growth of one month: tiers are kept and lost with no lot of points about. */
const foreverClub: Club = {
  document: documentWith(
    ['program: super-member', 'program: forever-club'],
    withPointsValidity('{ kind: never }'),
    withGrowthValidity('{ kind: never }'),
    withRules(`
  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "1.00" } }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "2.00" } }`),
    ['growth: 3000\n    validMonths: 12', 'growth: 1000\n    validMonths: 1'],
    ['growth: 5000\n    validMonths: 12', 'growth: 2000\n    validMonths: 3'],
  ),
  naive: {
    id: 'forever-club',
    pointsLast: () => 'infinity',
    growthLast: () => 'infinity',
    points: yuan,
    growth: (fen) => fen / 200n,
    tiers: [
      { id: 'ordinary', from: 0n, months: 0 },
      { id: 'advanced', from: 1_000n, months: 1 },
      { id: 'vip', from: 2_000n, months: 3 },
    ],
    downgrade: 'to-fit',
  },
}

/** Points wait for a week and are good from then on; what comes back late has some days of grace; debts are paid in cash. */
const waitingClub: Club = {
  document: documentWith(
    ['program: super-member', 'program: waiting-club'],
    [
      'points:\n  validity: { kind: rolling, months: 12 }',
      'points:\n  validity: { kind: rolling, days: 45 }\n  validFrom: release\n  pending: { days: 7 }\n  graceDays: 5',
    ],
    withGrowthValidity('{ kind: rolling, months: 2 }'),
    ['growth: 3000\n    validMonths: 12', 'growth: 1500\n    validMonths: 2'],
    ['growth: 5000\n    validMonths: 12', 'growth: 2500\n    validMonths: 1'],
    ['downgrade: to-fit', 'downgrade: to-fit\nreturns: { spent: cash }'],
  ),
  naive: {
    id: 'waiting-club',
    pointsLast: (day) => plusDays(day, 45),
    growthLast: (day) => plusMonths(day, 2),
    points: (fen, tier) => yuan(fen) * (tier === 'vip' ? 2n : 1n),
    growth: yuan,
    tiers: [
      { id: 'ordinary', from: 0n, months: 0 },
      { id: 'advanced', from: 1_500n, months: 2 },
      { id: 'vip', from: 2_500n, months: 1 },
    ],
    downgrade: 'to-fit',
    waits: 7,
    graceDays: 5,
    spent: 'cash',
  },
}

/** At most 1,500 points of purchases a month; what is owed is a balance below nothing. */
const cappedClub: Club = {
  document: documentWith(
    ['program: super-member', 'program: capped-club'],
    withPointsValidity('{ kind: rolling, days: 50 }'),
    withGrowthValidity('{ kind: rolling, months: 3 }'),
    withRules(`
  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "1.00" } }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "1.00" } }
caps:
  - { id: monthly, rules: [spend], per: month, points: 1500 }`),
    ['downgrade: to-fit', 'downgrade: one-step\nreturns: { spent: negative }'],
  ),
  naive: {
    id: 'capped-club',
    pointsLast: (day) => plusDays(day, 50),
    growthLast: (day) => plusMonths(day, 3),
    points: yuan,
    growth: yuan,
    tiers: [
      { id: 'ordinary', from: 0n, months: 0 },
      { id: 'advanced', from: 3_000n, months: 12 },
      { id: 'vip', from: 5_000n, months: 12 },
    ],
    downgrade: 'one-step',
    monthly: 1_500n,
    spent: 'negative',
  },
}

export const clubs = [superMember, shortClub, yearClub, foreverClub, waitingClub, cappedClub]
