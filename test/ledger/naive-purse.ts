import { plusDays, plusMonths } from './naive-ledger.ts'

/** Prepaid money once more, as plainly as can be: two heaps of lots, and what comes into them later, day by day. */
export interface PurseRules {
  readonly spend: 'principal-first' | 'bonus-first' | 'pro-rata'
  readonly refund: 'keep' | 'remaining' | 'given'
}

type Part = 'principal' | 'bonus'

export interface NaivePlan {
  readonly of: Part
  readonly fen: bigint
  readonly instalments: number
  readonly firstAfterMonths: number
  readonly onStop: 'pay-back' | 'forfeit' | 'release'
}

/** As its document says; amounts in fen. */
export const purseDocument = ({ spend, refund }: PurseRules): string => `
  topUp: { minimum: "1.00", maximum: "500.00", bonus: [{ from: "20.00", bonus: "0.70" }, { from: "100.00", bonus: "9.99" }] }
  validity: { bonus: { kind: rolling, days: 40 } }
  spend: ${spend}
  refund: { bonus: ${refund} }
  plans:
    - { id: gift, name: { en: g, zh-CN: g }, amount: "10.00", of: bonus, instalments: 3, onStop: forfeit }
    - { id: paid, name: { en: p, zh-CN: p }, amount: "10.01", instalments: 4, firstAfterMonths: 0, onStop: pay-back }
    - { id: free, name: { en: f, zh-CN: f }, amount: "9.00", instalments: 2, onStop: release }`

export const plans: Readonly<Record<string, NaivePlan>> = {
  gift: { of: 'bonus', fen: 1_000n, instalments: 3, firstAfterMonths: 1, onStop: 'forfeit' },
  paid: { of: 'principal', fen: 1_001n, instalments: 4, firstAfterMonths: 0, onStop: 'pay-back' },
  free: { of: 'principal', fen: 900n, instalments: 2, firstAfterMonths: 1, onStop: 'release' },
}

/** Money that comes from a day on, and whose plan it is. */
interface Coming {
  readonly part: Part
  readonly from: string
  fen: bigint
  readonly plan: string
}

export class NaivePurse {
  readonly #rules: PurseRules
  #today: string
  /** By their last days. */
  readonly lots = { principal: new Map<string, bigint>(), bonus: new Map<string, bigint>() }
  coming: Coming[] = []
  /** All that ever came, and neither went back to where it came from nor ran out, spent or not. */
  readonly #given = { principal: 0n, bonus: 0n }
  paidBack = 0n

  constructor(rules: PurseRules, today: string) {
    this.#rules = rules
    this.#today = today
  }

  there(part: Part): bigint {
    return sum([...this.lots[part].values()])
  }

  /** Nights pass: what is good to a day runs out at its end, and what comes from the next day on comes then. */
  until(day: string): void {
    while (this.#today < day) {
      for (const [last, fen] of [...this.lots.bonus]) {
        if (last > this.#today) continue
        this.lots.bonus.delete(last)
        this.#given.bonus -= fen
      }
      this.#today = plusDays(this.#today, 1)
      for (const { part, from, fen } of this.coming.filter((one) => one.from === this.#today))
        this.#put(part, from, fen)
      this.coming = this.coming.filter((one) => one.from > this.#today)
    }
  }

  topUp(fen: bigint): string | undefined {
    if (fen < 100n || fen > 50_000n) return 'TOP_UP_OUT_OF_BOUNDS'
    this.#put('principal', this.#today, fen)
    if (fen >= 2_000n) this.#put('bonus', this.#today, fen >= 10_000n ? 999n : 70n)
    return undefined
  }

  begin(name: string, id: string): void {
    const plan = plans[name]!
    for (let index = 0; index < plan.instalments; index++) {
      const last = index === plan.instalments - 1
      const part = plan.fen / BigInt(plan.instalments)
      const fen = last ? plan.fen - part * BigInt(plan.instalments - 1) : part
      const from = plusMonths(this.#today, plan.firstAfterMonths + index)
      if (from === this.#today) this.#put(plan.of, from, fen)
      else this.coming.push({ part: plan.of, from, fen, plan: id })
    }
  }

  stop(name: string, id: string): string | undefined {
    const own = this.coming.filter((one) => one.plan === id)
    if (own.length === 0) return 'NOTHING_PENDING'
    const { onStop } = plans[name]!
    this.coming = this.coming.filter((one) => one.plan !== id)
    for (const { part, from, fen } of own) {
      if (onStop === 'release') this.#put(part, from, fen)
      if (onStop === 'pay-back') this.paidBack += fen
    }
    return undefined
  }

  spend(fen: bigint): string | undefined {
    const [principal, bonus] = [this.there('principal'), this.there('bonus')]
    if (fen > principal + bonus) return 'INSUFFICIENT_STORED_VALUE'
    const first = {
      'principal-first': fen < principal ? fen : principal,
      'bonus-first': fen < bonus ? 0n : fen - bonus,
      'pro-rata': nearest(fen * principal, principal + bonus),
    }[this.#rules.spend]
    this.#take('principal', first)
    this.#take('bonus', fen - first)
    return undefined
  }

  withdraw(fen: bigint): string | undefined {
    const principal = this.there('principal')
    if (fen > principal) return 'INSUFFICIENT_STORED_VALUE'
    let gone = 0n
    let withheld = 0n
    if (this.#rules.refund === 'remaining') gone = nearest(this.there('bonus') * fen, principal)
    if (this.#rules.refund === 'given') {
      const brought = nearest(this.#given.bonus * fen, this.#given.principal)
      gone = brought < this.there('bonus') ? brought : this.there('bonus')
      withheld = brought - gone < fen ? brought - gone : fen
    }
    this.#take('principal', fen)
    this.#take('bonus', gone)
    this.#given.principal -= fen
    this.#given.bonus -= gone
    this.paidBack += fen - withheld
    return undefined
  }

  #put(part: Part, from: string, fen: bigint): void {
    const last = part === 'bonus' ? plusDays(from, 40) : 'infinity'
    this.lots[part].set(last, (this.lots[part].get(last) ?? 0n) + fen)
    this.#given[part] += fen
  }

  #take(part: Part, fen: bigint): void {
    let left = fen
    for (const last of [...this.lots[part].keys()].sort()) {
      const there = this.lots[part].get(last)!
      const some = there < left ? there : left
      if (some === there) this.lots[part].delete(last)
      else this.lots[part].set(last, there - some)
      left -= some
    }
  }
}

const sum = (numbers: readonly bigint[]): bigint => numbers.reduce((total, one) => total + one, 0n)
/** Half a fen is one. */
const nearest = (fen: bigint, of: bigint): bigint => (fen * 2n + of) / (of * 2n)
