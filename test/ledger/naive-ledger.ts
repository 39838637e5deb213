/**
 * The rules of product.md (L1 to L6) once more, as slowly and as plainly as can be: whole days, one after the other,
 * in memory. It shares nothing with the ledger but the words.
 */

/** `YYYY-MM-DD`, or `infinity`. */
type Day = string

export interface NaiveProgram {
  readonly id: string
  /** The last day of what is earned on a day. */
  readonly pointsLast: (day: Day) => Day
  readonly growthLast: (day: Day) => Day
  /** Points of so many fen for a member of a tier. */
  readonly points: (fen: bigint, tier: string) => bigint
  readonly growth: (fen: bigint) => bigint
  readonly tiers: readonly { id: string; from: bigint; months: number }[]
  readonly downgrade: 'to-fit' | 'one-step' | 'to-base'
}

export class NaiveMember {
  readonly #program: NaiveProgram
  readonly points = new Map<Day, bigint>()
  readonly growth = new Map<Day, bigint>()
  rank = 0
  tierUntil: Day | undefined
  /** All that ended before this day has been taken account of. */
  settledTo: Day

  constructor(program: NaiveProgram, born: Day) {
    this.#program = program
    this.settledTo = born
  }

  get tier(): string {
    return this.#program.tiers[this.rank]!.id
  }

  /** What is shown on a day: without what has run out, settled or not. */
  shown(lots: Map<Day, bigint>, today: Day): bigint {
    return sum([...lots].filter(([last]) => last >= today).map(([, left]) => left))
  }

  /** Where the member stands on a day, settled or not. */
  standing(today: Day): { tier: string; until: Day | undefined } {
    const copy = new NaiveMember(this.#program, this.settledTo)
    for (const [last, left] of this.points) copy.points.set(last, left)
    for (const [last, left] of this.growth) copy.growth.set(last, left)
    copy.rank = this.rank
    copy.tierUntil = this.tierUntil
    copy.settle(today)
    return { tier: copy.tier, until: copy.tierUntil }
  }

  settle(today: Day): void {
    for (; this.settledTo < today; this.settledTo = plusDays(this.settledTo, 1)) {
      this.points.delete(this.settledTo)
      this.growth.delete(this.settledTo)
      if (this.tierUntil === this.settledTo) this.#review(this.settledTo)
    }
  }

  buy(fen: bigint, day: Day): bigint {
    this.settle(day)
    const points = this.#program.points(fen, this.tier)
    const growth = this.#program.growth(fen)
    put(this.points, this.#program.pointsLast(day), points)
    if (growth === 0n) return points
    put(this.growth, this.#program.growthLast(day), growth)
    const reached = this.#rankFor(sum([...this.growth.values()]))
    if (reached > this.rank) this.#stand(reached, day)
    return points
  }

  grant(points: bigint, day: Day): void {
    this.settle(day)
    put(this.points, this.#program.pointsLast(day), points)
  }

  /** Answers whether there was enough. */
  redeem(points: bigint, day: Day): boolean {
    this.settle(day)
    if (sum([...this.points.values()]) < points) return false
    for (let left = points; left > 0n; left--) {
      const [first] = [...this.points.keys()].sort()
      const remaining = this.points.get(first!)! - 1n
      if (remaining > 0n) this.points.set(first!, remaining)
      else this.points.delete(first!)
    }
    return true
  }

  #rankFor(growth: bigint): number {
    return this.#program.tiers.filter((tier) => tier.from <= growth).length - 1
  }

  #review(day: Day): void {
    this.#stand(this.#rankAfterReview(sum([...this.growth.values()])), day)
  }

  #rankAfterReview(growth: bigint): number {
    const fits = this.#rankFor(growth)
    if (fits >= this.rank) return this.rank
    if (this.#program.downgrade === 'to-fit') return fits
    return this.#program.downgrade === 'one-step' ? this.rank - 1 : 0
  }

  #stand(rank: number, from: Day): void {
    this.rank = rank
    this.tierUntil = rank === 0 ? undefined : plusMonths(from, this.#program.tiers[rank]!.months)
  }
}

const sum = (numbers: readonly bigint[]) => numbers.reduce((total, number) => total + number, 0n)

function put(lots: Map<Day, bigint>, last: Day, amount: bigint): void {
  if (amount > 0n) lots.set(last, (lots.get(last) ?? 0n) + amount)
}

export const plusDays = (day: Day, days: number): Day =>
  new Date(Date.parse(`${day}T00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

export function plusMonths(day: Day, months: number): Day {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  const first = new Date(Date.UTC(year, month - 1 + months, 1))
  const length = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  return `${first.toISOString().slice(0, 8)}${String(Math.min(date, length)).padStart(2, '0')}`
}
