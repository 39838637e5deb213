import { instant } from '../../kernel/values/instant.ts'
import {
  type ActivityEvent,
  type EarnEvent,
  type EarnState,
  type Multiplier,
  type PurchaseEvent,
  type PurchaseLine,
  type Rating,
  rate,
} from '../../subgraphs/ledger/domain/earn.ts'
import { compileProgram, type Program } from '../../subgraphs/ledger/domain/program.ts'
import { readProgram } from '../../subgraphs/ledger/domain/read-program.ts'

/** A programme of nothing but the rules under test, in YAML. */
export function programOf(rules: string, more = ''): Program {
  return compiled(`
program: lab
version: 1
name: { en: Lab, zh-CN: 实验 }
currency: CNY
timeZone: Asia/Shanghai
points: { validity: { kind: never } }
growth: { validity: { kind: never } }
tiers: [{ id: base, name: { en: Base, zh-CN: 基础 }, growth: 0 }]
earn:
${rules}
${more}`)
}

export function compiled(source: string): Program {
  const { document, faults } = readProgram(source)
  if (!document) throw new Error(JSON.stringify(faults))
  return compileProgram(1, document)
}

export const newMember: EarnState = { tier: 'base', tags: [], counters: {} }

export const purchaseOn = (
  at: string,
  lines: readonly (Partial<PurchaseLine> & { yuan: string })[],
): PurchaseEvent => ({
  kind: 'purchase',
  channel: 'store',
  store: 'store-1',
  occurredAt: instant(at),
  lines: lines.map(({ yuan, ...line }) => ({ quantity: 1, ...line, amount: fen(yuan) })),
})

export const activityOn = (at: string, code: string, more: Partial<ActivityEvent> = {}): ActivityEvent => ({
  kind: 'activity',
  code,
  channel: 'app',
  store: undefined,
  occurredAt: instant(at),
  ...more,
})

export const fen = (yuan: string): bigint => {
  const [whole, fraction = ''] = yuan.split('.')
  return BigInt(whole! + fraction.padEnd(2, '0'))
}

export const pointsOf = ({ awards }: Rating): bigint => awards.reduce((sum, { amount }) => sum + amount, 0n)

/** Rates events one after another, each with the counters of the one before; a refused one counts nothing. */
export function rateAll(
  program: Program,
  events: readonly EarnEvent[],
  from: EarnState = newMember,
): { ratings: (Rating | undefined)[]; points: bigint[]; state: EarnState } {
  let state = from
  const ratings = events.map((event) => {
    const result = rate(program, event, state, [])
    if (!result.ok) return undefined
    state = { ...state, counters: result.value.counters }
    return result.value
  })
  return { ratings, points: ratings.map((rating) => (rating ? pointsOf(rating) : 0n)), state }
}

export type PurchaseToRate = Omit<PurchaseEvent, 'kind'> & { readonly tier: string }

/** A purchase by itself: no tags, and nothing counted before it. */
export function ratePurchase(
  program: Program,
  { tier, ...purchase }: PurchaseToRate,
  multipliers: readonly Multiplier[],
): Rating {
  const result = rate(program, { ...purchase, kind: 'purchase' }, { ...newMember, tier }, multipliers)
  if (!result.ok) throw new Error(result.refusal.code)
  return result.value
}
