import { type Instant, instant } from './values/instant.ts'

/** Where the time comes from. Actions ask it once; everything below takes the answer as a value. */
export interface Clock {
  now(): Instant
}

export const systemClock: Clock = { now: () => instant(Date.now()) }

/** A clock that stands still until it is moved (tests), or runs with an offset (sandbox). Only ever forward. */
export class TestClock implements Clock {
  #now: () => number

  private constructor(now: () => number) {
    this.#now = now
  }

  static standingAt(at: string | Instant): TestClock {
    const fixed = instant(at)
    return new TestClock(() => fixed)
  }

  static runningAhead(offsetMs: number): TestClock {
    return new TestClock(() => Date.now() + offsetMs)
  }

  now(): Instant {
    return instant(this.#now())
  }

  /** From now on the clock is `ms` further ahead. */
  advance(ms: number): void {
    const before = this.#now
    this.#now = () => before() + ms
  }

  advanceTo(at: Instant): void {
    this.advance(Math.max(0, at - this.now()))
  }
}
