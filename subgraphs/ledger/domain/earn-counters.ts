import type { LocalDate } from '../../../kernel/values/instant.ts'
import { daysBefore, endedBefore, type ProgramPeriod, periodKey } from './earn-periods.ts'
import type { Cap } from './earn-rules.ts'
import type { Stages } from './earn-stages.ts'

/**
 * What caps and stages have counted for one member: never changed, always made anew. Keys name a cap or a rule and the
 * period that was counted in.
 */
export type Counters = Readonly<Record<string, bigint>>

/** The last day, as a number, before which counts were forgotten. */
const FORGOTTEN = 'forgotten'

/** A working copy of counters for one event on one day. */
export class CounterDraft {
  readonly #before: Counters
  readonly #day: LocalDate
  readonly #period: ProgramPeriod | undefined
  readonly #changes = new Map<string, bigint>()
  readonly #read = new Set<string>()

  constructor(before: Counters, day: LocalDate, period: ProgramPeriod | undefined) {
    this.#before = before
    this.#day = day
    this.#period = period
  }

  read(key: string): bigint {
    this.#read.add(key)
    return this.#changes.get(key) ?? this.#before[key] ?? 0n
  }

  add(key: string, amount: bigint): void {
    if (amount !== 0n) this.#changes.set(key, this.read(key) + amount)
  }

  stageKey(rule: string, stages: Stages): string {
    return `s:${rule}@${periodKey(stages.over, this.#day, this.#period)}`
  }

  capKey(cap: Cap): string {
    return `c:${cap.id}@${periodKey(cap.per, this.#day, this.#period)}`
  }

  /** What a cap still lets through. Nothing where its period is so long past that its count was forgotten. */
  room(cap: Cap): bigint {
    const forgotten = this.#before[FORGOTTEN]
    if (forgotten !== undefined) {
      const key = periodKey(cap.per, this.#day, this.#period)
      if (endedBefore(key, dayOfNumber(forgotten), this.#period)) return 0n
    }
    const left = cap.limit - this.read(this.capKey(cap))
    return left > 0n ? left : 0n
  }

  /** Of the counters before the event those that the rating looked at: with them it comes out the same again. */
  get consulted(): Counters {
    const keys = [...this.#read, FORGOTTEN].filter((key) => this.#before[key] !== undefined)
    return Object.fromEntries(keys.map((key) => [key, this.#before[key]!]))
  }

  /** The counters after the event; those of periods that ended some days before it are forgotten. */
  finish(keptDays: number): Counters {
    if (this.#changes.size === 0) return this.#before
    const horizon = daysBefore(this.#day, keptDays)
    const after: Record<string, bigint> = {}
    let dropped = false
    for (const [key, count] of [...Object.entries(this.#before), ...this.#changes]) {
      if (key === FORGOTTEN) continue
      const at = key.lastIndexOf('@')
      if (at >= 0 && endedBefore(key.slice(at + 1), horizon, this.#period)) dropped = true
      else if (count === 0n) delete after[key]
      else after[key] = count
    }
    const forgotten = this.#before[FORGOTTEN] ?? 0n
    const now = dropped ? BigInt(horizon.replaceAll('-', '')) : 0n
    if (forgotten > 0n || now > 0n) after[FORGOTTEN] = now > forgotten ? now : forgotten
    return after
  }
}

function dayOfNumber(number: bigint): LocalDate {
  const digits = number.toString().padStart(8, '0')
  return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}` as LocalDate
}
