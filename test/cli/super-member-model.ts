/**
 * The rules of `programs/super-member.yaml` once more, naively, from their description alone: no code of ours is
 * used. Days are `YYYY-MM-DD` and compare as text.
 */
export interface ModelledPurchase {
  readonly points: number
  readonly tierBefore: Tier
  readonly tierAfter: Tier
}

export type Tier = 'ordinary' | 'advanced' | 'vip'

const THRESHOLDS: Record<Tier, number> = { ordinary: 0, advanced: 3000, vip: 5000 }

interface Lot {
  readonly lastDay: string
  readonly amount: number
}

export class ModelledMember {
  tier: Tier = 'ordinary'
  #tierLastDay: string | undefined
  #points: Lot[] = []
  #growth: Lot[] = []
  earned = 0
  /** As of the last purchase. */
  expired = 0

  /** Expects purchases in order of time. */
  buy(day: string, cents: number): ModelledPurchase {
    this.#liveUntil(day)
    const whole = Math.floor(cents / 100)
    const tierBefore = this.tier
    const points = tierBefore === 'vip' ? whole * 2 : whole
    this.earned += points
    this.#points.push({ lastDay: aYearOn(day), amount: points })
    this.#growth.push({ lastDay: aYearOn(day), amount: whole })
    const reached = tierFor(this.#growthSum())
    if (THRESHOLDS[reached] > THRESHOLDS[this.tier]) this.#begin(reached, day)
    return { points, tierBefore, tierAfter: this.tier }
  }

  /** Ends, one by one and in order, all days before `day` on which something ends. */
  #liveUntil(day: string): void {
    for (;;) {
      const ends = [...this.#points, ...this.#growth].map((lot) => lot.lastDay)
      if (this.#tierLastDay) ends.push(this.#tierLastDay)
      const next = ends.sort()[0]
      if (next === undefined || next >= day) return
      for (const lot of this.#points.filter(({ lastDay }) => lastDay === next)) this.expired += lot.amount
      this.#points = this.#points.filter(({ lastDay }) => lastDay !== next)
      this.#growth = this.#growth.filter(({ lastDay }) => lastDay !== next)
      if (this.#tierLastDay === next) {
        const kept = this.#growthSum() >= THRESHOLDS[this.tier]
        this.#begin(kept ? this.tier : tierFor(this.#growthSum()), next)
      }
    }
  }

  #begin(tier: Tier, day: string): void {
    this.tier = tier
    this.#tierLastDay = tier === 'ordinary' ? undefined : aYearOn(day)
  }

  #growthSum(): number {
    return this.#growth.reduce((sum, { amount }) => sum + amount, 0)
  }
}

const tierFor = (growth: number): Tier => (growth >= 5000 ? 'vip' : growth >= 3000 ? 'advanced' : 'ordinary')

/** The same day a year later; the 29th of February becomes the 28th. */
function aYearOn(day: string): string {
  const [year, rest] = [Number(day.slice(0, 4)) + 1, day.slice(4)]
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return `${year}${rest === '-02-29' && !leap ? '-02-28' : rest}`
}
