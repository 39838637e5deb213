import type { Program } from '../../subgraphs/ledger/domain/program.ts'
import { compiled } from './rating.ts'

const growthTiers = `
  - { id: silver, name: { en: S, zh-CN: 银 }, growth: 100, validMonths: 2 }
  - { id: gold, name: { en: G, zh-CN: 金 }, growth: 300, validMonths: 1 }`

/** A programme of three tiers, as text: how points last and wait, more rules, caps, and whatever else. */
export const labDocument = (
  points: string,
  { rules = '', caps = '', more = '', tiers = growthTiers, id = 'lab', version = 1 } = {},
): string => `
program: ${id}
version: ${version}
name: { en: Lab, zh-CN: 实验 }
currency: CNY
timeZone: Asia/Shanghai
points: { ${points}, burn: { points: 1, money: "0.01" } }
growth: { validity: { kind: rolling, days: 45 } }
tiers:
  - { id: base, name: { en: B, zh-CN: 基 } }${tiers}
${more}
earn:
  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "1.00" } }
  - { id: gold-double, on: purchase, asset: points, multiplier: "2", when: 'member.tier == "gold"' }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "1.00" } }${rules}
${caps}`

export const lab = (...args: Parameters<typeof labDocument>): Program => compiled(labDocument(...args))

const manyRules = `
  - { id: visit, on: purchase, asset: points, award: { points: 7, each: event } }
  - { id: first-lines, on: purchase, asset: points, award: { points: 3, each: line }, tags: [few] }
  - { id: pieces, on: purchase, asset: points, award: { points: 1, each: quantity }, rounding: up }
  - { id: stages, on: purchase, asset: points, award: { of: spend, in: month, stages: [{ from: "0", points: 1, per: "10.00" }, { from: "100.00", points: 3, per: "10.00" }] } }
  - { id: sign-in, on: activity, activities: [sign-in], asset: points, award: { points: 2 } }
  - { id: welcome, on: purchase, asset: points, award: { points: 20 }, pending: { until: bind }, tags: [once] }
  - { id: bind, on: activity, activities: [bind], asset: growth, award: { points: 30 } }`
const manyCaps = `caps:
  - { id: few, tag: few, per: week, points: 12 }
  - { id: once, tag: once, per: ever, times: 1 }
  - { id: daily, rules: [sign-in], per: day, times: 1 }
  - { id: visits, rules: [visit], per: month, points: 20, over: carry-over }`

/** Tiers that ask for money, visits, activities and points, each counted over another time. */
const measuredTiers = `
  - id: silver
    name: { en: S, zh-CN: 银 }
    validMonths: 2
    reach: { any: [{ spend: "250.00", in: calendar-year }, { visits: 3, in: since-upgrade }, { activity: sign-in, times: 2, in: { months: 2 } }] }
    keep: { all: [{ visits: 1, in: since-upgrade }, { points: 40, in: period }] }
  - id: gold
    name: { en: G, zh-CN: 金 }
    validMonths: 1
    reach: { any: [{ spend: "180.00", in: purchase }, { points: 300, in: period }, { growth: 350 }] }
    keep: { any: [{ spend: "150.00", in: { months: 2 } }, { activity: bind, times: 1, in: since-upgrade }] }`
const measuredPeriod = 'period: { from: "2026-01-10", days: 30 }'

/** Rules of every sort: nothing is counted; points wait; everything is counted; tiers count, and go on or begin anew. */
export const clubs: Readonly<Record<string, Program>> = {
  plain: lab('validity: { kind: rolling, days: 40 }'),
  waiting: lab('validity: { kind: rolling, days: 60 }, pending: { days: 7 }, validFrom: release'),
  counting: lab('validity: { kind: rolling, days: 50, until: month-end }', {
    rules: manyRules,
    caps: manyCaps,
    more: 'downgrade: one-step\nadjustments: { limits: {}, growth: { limits: {}, tierFalls: at-once } }',
  }),
  measuring: lab('validity: { kind: rolling, days: 50 }', {
    rules: manyRules,
    caps: manyCaps,
    tiers: measuredTiers,
    more: `downgrade: to-fit\n${measuredPeriod}`,
  }),
  renewing: lab('validity: { kind: rolling, days: 60 }, pending: { days: 7 }', {
    rules: manyRules,
    tiers: measuredTiers,
    more: `downgrade: one-step\nonPromotion: reset\n${measuredPeriod}`,
  }),
}
