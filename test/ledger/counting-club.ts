import { labDocument } from './lab-clubs.ts'
import {
  type NaiveCount,
  type NaiveEvent,
  type NaiveProgram,
  type NaiveRating,
  type NaiveStanding,
  plusDays,
} from './naive-ledger.ts'

/** A club with limits of each sort, tiers that count each sort of thing, approvals, transfers and prepaid money. */
export const countingDocument = (storedValue: string): string =>
  labDocument('validity: { kind: rolling, days: 60 }', {
    id: 'counting',
    rules: `
  - { id: visit, on: purchase, asset: points, award: { points: 7, each: event } }
  - { id: welcome, on: purchase, asset: points, award: { points: 20 }, pending: { until: bind } }
  - { id: sign-in, on: activity, activities: [sign-in], asset: points, award: { points: 5 } }
  - { id: share, on: activity, activities: [share], asset: points, award: { points: 30 } }
  - { id: survey, on: activity, activities: [survey], asset: points, award: { points: 40 } }
  - { id: survey-growth, on: activity, activities: [survey], asset: growth, award: { points: 300 } }
  - { id: bind, on: activity, activities: [bind], asset: growth, award: { points: 30 } }`,
    caps: `caps:
  - { id: monthly, rules: [spend], per: month, points: 1500, over: carry-over }
  - { id: visits, rules: [visit], per: week, times: 2 }
  - { id: once, rules: [welcome], per: ever, times: 1 }
  - { id: daily, rules: [sign-in], per: day, times: 1 }
  - { id: shares, rules: [share], per: week, times: 1, over: reject }
  - { id: surveys, rules: [survey], per: ever, points: 100 }`,
    tiers: `
  - id: silver
    name: { en: S, zh-CN: 银 }
    validMonths: 2
    reach: { any: [{ spend: "2500.00", in: calendar-year }, { visits: 4, in: since-upgrade }, { activity: survey, times: 2, in: { months: 2 } }] }
    keep: { any: [{ visits: 2, in: since-upgrade }, { spend: "3000.00", in: { months: 2 } }] }
  - id: gold
    name: { en: G, zh-CN: 金 }
    validMonths: 1
    approval: required
    reach: { any: [{ points: 1800, in: period }, { growth: 4000 }, { spend: "2400.00", in: purchase }] }
    keep: { all: [{ growth: 1000 }, { visits: 1, in: since-upgrade }] }`,
    more: `downgrade: one-step
period: { from: "2026-01-10", days: 30 }
transfer: { within: anyone, perYear: 3000, minimum: 10 }
storedValue:
${storedValue}`,
  })

const MONTHLY = 1_500n

/** Every limit by itself, in the order of the rules. */
function rate({ day, code, fen }: NaiveEvent, at: NaiveStanding): NaiveRating {
  const had = (name: string): bigint => at.given.get(name) ?? 0n
  const add = (name: string, by: bigint): void => void at.given.set(name, had(name) + by)
  /** Once more, if that may be. */
  const once = (name: string, limit: bigint): boolean => {
    if (had(name) >= limit) return false
    add(name, 1n)
    return true
  }
  const none = { points: 0n, growth: 0n, refused: false }
  switch (code) {
    case undefined: {
      const growth = fen! / 100n
      const month = `monthly ${day.slice(0, 7)}`
      const room = MONTHLY - had(month)
      const due = growth < room ? growth : room
      if (growth > due) add('kept for later', growth - due)
      // What was kept comes with the next that is due and has room left beside it.
      const kept = growth > 0n && growth === due ? had('kept for later') : 0n
      const late = kept < room - due ? kept : room - due
      add('kept for later', -late)
      add(month, due + late)
      const visit = once(`visits ${mondayOf(day)}`, 2n) ? 7n : 0n
      const welcome = once('welcome', 1n) ? 20n : 0n
      const base = due + late + visit + welcome
      const points = at.rank === 2 ? 2n * base : base
      return {
        ...none,
        points,
        growth,
        ...(welcome > 0n ? { until: { code: 'bind', points: welcome } } : {}),
      }
    }
    case 'sign-in':
      return { ...none, points: once(`daily ${day}`, 1n) ? 5n : 0n }
    case 'share': {
      const may = once(`shares ${mondayOf(day)}`, 1n)
      return { ...none, points: may ? 30n : 0n, refused: !may }
    }
    case 'survey': {
      const room = 100n - had('surveys')
      const points = room < 40n ? room : 40n
      add('surveys', points)
      return { ...none, points, growth: 300n }
    }
    default:
      return { ...none, growth: 30n }
  }
}

function reached(at: NaiveStanding, day: string): { rank: number; asks: boolean } {
  const silver =
    spendOf(at.counts.filter((each) => sameYear(each.day, day))) >= 250_000n ||
    visitsSince(at) >= 4 ||
    at.counts.filter((each) => each.code === 'survey' && ofTwoMonths(each.day, day)).length >= 2
  const asks =
    sum(at.counts.filter((each) => periodOf(each.day) === periodOf(day)).map(({ points }) => points)) >=
      1_800n ||
    growthOf(at) >= 4_000n ||
    at.counts.slice(at.countedBefore).some(({ fen = 0n }) => fen >= 240_000n)
  return { rank: silver ? 1 : 0, asks }
}

function keeps(at: NaiveStanding, day: string): boolean {
  if (at.rank === 2) return growthOf(at) >= 1_000n && visitsSince(at) >= 1
  return visitsSince(at) >= 2 || spendOf(at.counts.filter((each) => ofTwoMonths(each.day, day))) >= 300_000n
}

export const countingProgram: NaiveProgram = {
  id: 'counting',
  pointsLast: (day) => plusDays(day, 60),
  growthLast: (day) => plusDays(day, 45),
  points: () => 0n,
  growth: () => 0n,
  tiers: [
    { id: 'base', from: 0n, months: 0 },
    { id: 'silver', from: 0n, months: 2 },
    { id: 'gold', from: 0n, months: 1 },
  ],
  downgrade: 'one-step',
  counting: { rate, reached, keeps },
}

const sum = (numbers: readonly bigint[]): bigint => numbers.reduce((total, one) => total + one, 0n)
const spendOf = (counts: readonly NaiveCount[]): bigint => sum(counts.map(({ fen }) => fen ?? 0n))
const growthOf = ({ growth }: NaiveStanding): bigint => sum([...growth.values()])

/** Days with a purchase; a day that was a visit before is none again. */
function visitsSince({ counts, countedBefore }: NaiveStanding): number {
  const days = (of: readonly NaiveCount[]) => of.filter(({ fen }) => fen !== undefined).map(({ day }) => day)
  const before = new Set(days(counts.slice(0, countedBefore)))
  return new Set(days(counts.slice(countedBefore)).filter((day) => !before.has(day))).size
}

const sameYear = (a: string, b: string): boolean => a.slice(0, 4) === b.slice(0, 4)
const monthOf = (day: string): number => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7))
const ofTwoMonths = (day: string, today: string): boolean => monthOf(today) - monthOf(day) <= 1
const dayNumber = (day: string): number => Date.parse(day) / 86_400_000
const periodOf = (day: string): number => Math.floor((dayNumber(day) - dayNumber('2026-01-10')) / 30)
const mondayOf = (day: string): string => plusDays(day, -((new Date(day).getUTCDay() + 6) % 7))
