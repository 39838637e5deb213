/**
 * The rules of product.md (L1 to L6) once more, as slowly and as plainly as can be: all that happened to a member is a
 * list, and where the member stands is found by living through it again, whole days, one after the other, in memory. It
 * shares nothing with the ledger but the words.
 */

/** `YYYY-MM-DD`, or `infinity`. */
type Day = string

export interface NaiveProgram {
  readonly id: string
  /** The last day of what is earned on a day. */
  readonly pointsLast: (day: Day) => Day
  readonly growthLast: (day: Day) => Day
  /** Points of so many fen for a member of a tier, before the cap. */
  readonly points: (fen: bigint, tier: string) => bigint
  readonly growth: (fen: bigint) => bigint
  readonly tiers: readonly { id: string; from: bigint; months: number }[]
  readonly downgrade: 'to-fit' | 'one-step' | 'to-base'
  /** Points of purchases wait for so many days, and are good from then on. */
  readonly waits?: number
  /** At most so many points of purchases a month. */
  readonly monthly?: bigint
  readonly graceDays?: number
  readonly spent?: 'debt' | 'negative' | 'cash'
  /** A programme that counts says for itself what an event earns and which tier follows from what was counted. */
  readonly counting?: NaiveCounting
}

export interface NaiveCounting {
  /** What an event earns at a standing, which it changes: what it has counted is noted there. */
  readonly rate: (event: NaiveEvent, at: NaiveStanding) => NaiveRating
  /** The rank that is reached, and whether the one above it waits for somebody's approval. */
  readonly reached: (at: NaiveStanding, day: Day) => { rank: number; asks: boolean }
  readonly keeps: (at: NaiveStanding, day: Day) => boolean
}

export interface NaiveEvent {
  readonly day: Day
  /** Of an activity. */
  readonly code?: string
  /** Of a purchase, all that is left of it. */
  readonly fen?: bigint
}

export interface NaiveRating {
  readonly points: bigint
  /** Of them, what waits for an activity. */
  readonly until?: { readonly code: string; readonly points: bigint }
  readonly growth: bigint
  /** A limit was reached by which nobody does this any more. */
  readonly refused: boolean
}

/** What tiers count, event by event. */
export interface NaiveCount extends NaiveEvent {
  readonly points: bigint
}

/** How much of a line came back; `whole`: nothing of it is left. */
export interface Back {
  readonly fen: bigint
  readonly whole: boolean
}

type Happening =
  | { kind: 'buy'; day: Day; number: string; lines: readonly bigint[] }
  | { kind: 'act'; day: Day; number: string; code: string }
  /** Of one day, those with a number go by it. */
  | { kind: 'grant'; day: Day; number?: string; points: bigint }
  | { kind: 'adjust'; day: Day; points: bigint }
  | { kind: 'redeem'; day: Day; points: bigint; bill: string }
  | { kind: 'hold'; day: Day; id: string; points: bigint; lapses: Day }
  | { kind: 'capture'; day: Day; id: string; points: bigint; bill: string }
  | { kind: 'release'; day: Day; id: string }
  | { kind: 'return'; day: Day; bill: string; back: readonly Back[]; grace: bigint; cash: bigint }
  | { kind: 'send'; day: Day; points: bigint }
  | { kind: 'receive'; day: Day; lots: readonly [Day, bigint][] }
  /** Somebody gives the highest tier to a member that has reached it, or does not. */
  | { kind: 'decide'; day: Day; approved: boolean }

type Burn = Happening & { kind: 'redeem' | 'capture' }

/** Where a member stands on a day. */
export class NaiveStanding {
  readonly points = new Map<Day, bigint>()
  readonly growth = new Map<Day, bigint>()
  /** By the day of release, then by the last day. */
  readonly waiting = new Map<string, bigint>()
  readonly holds = new Map<string, { left: bigint; lapses: Day; lots: [Day, bigint][] }>()
  readonly months = new Map<string, bigint>()
  readonly told = new Map<string, { points: bigint; tier: string }>()
  /** All that was counted, and how much of it before the tier was last changed or reviewed. */
  readonly counts: NaiveCount[] = []
  countedBefore = 0
  /** What rules have given, and how often, by the name of their limit and its time. */
  readonly given = new Map<string, bigint>()
  approval: 'asked' | 'refused' | undefined
  /** Whether the event that is new would be refused. */
  refused = false
  owed = 0n
  moved = 0n
  spent = 0n
  expired = 0n
  rank = 0
  tierUntil: Day | undefined

  get available(): bigint {
    return sum([...this.points.values()])
  }
  get held(): bigint {
    return sum([...this.holds.values()].map(({ left }) => left))
  }
  get pending(): bigint {
    return sum([...this.waiting.values()])
  }
}

export class NaiveMember {
  readonly #program: NaiveProgram
  readonly #born: Day
  readonly list: readonly Happening[]
  /** Nobody asks twice how a day was: nothing more happens to this one. */
  readonly #lived = new Map<string, NaiveStanding>()

  constructor(program: NaiveProgram, born: Day, list: readonly Happening[] = []) {
    this.#program = program
    this.#born = born
    this.list = list
  }

  /** The same member, and one thing more has happened. */
  with(happening: Happening): NaiveMember {
    return new NaiveMember(this.#program, this.#born, [...this.list, happening])
  }

  /** A return, with what its policies settle. */
  withReturn(day: Day, bill: string, back: readonly Back[]): NaiveMember {
    const plain = { kind: 'return', day, bill, back, grace: 0n, cash: 0n } as const
    const [before, after] = [this.on(day), this.with(plain).on(day)]
    const refunded = before.spent - after.spent
    const late = after.expired - before.expired
    const grace = this.#program.graceDays && late > 0n ? (late < refunded ? late : refunded) : 0n
    const owed = after.owed - before.owed
    const cash = this.#program.spent === 'cash' && owed > 0n ? owed : 0n
    return this.with({ ...plain, grace: grace > 0n ? grace : 0n, cash })
  }

  /** What is left of each line of a bill; undefined: nothing, it came back whole. */
  leftOf(bill: string): readonly (bigint | undefined)[] {
    const bought = this.list.find((each) => each.kind === 'buy' && each.number === bill)
    if (bought?.kind !== 'buy') return []
    return bought.lines.map((fen, line) => {
      const back = this.#returnsOf(bill).map(({ back }) => back[line]!)
      return back.some(({ whole }) => whole) ? undefined : fen - sum(back.map(({ fen }) => fen))
    })
  }

  /**
   * On the morning after all that the days before brought, at noon of the day when all that it brought has happened. A limit
   * may refuse what is new; what has happened stays, and earns nothing.
   */
  on(today: Day, fresh?: string): NaiveStanding {
    const name = `${today} ${fresh}`
    const known = this.#lived.get(name) ?? this.#live(today, fresh)
    this.#lived.set(name, known)
    return known
  }

  #live(today: Day, fresh: string | undefined): NaiveStanding {
    const at = new NaiveStanding()
    for (let day = this.#born; ; day = plusDays(day, 1)) {
      for (const hold of [...at.holds.keys()].sort())
        if (at.holds.get(hold)!.lapses === day) this.#release(at, hold, day)
      const ofDay = this.list.filter((each) => each.day === day)
      for (const each of ofDay.filter(isEarned).sort(byNumber)) this.#happen(at, each, fresh)
      for (const each of ofDay.filter((one) => !isEarned(one))) this.#happen(at, each, fresh)
      if (day === today) return at
      this.#endDay(at, day)
    }
  }

  #happen(at: NaiveStanding, each: Happening, fresh: string | undefined): void {
    switch (each.kind) {
      case 'grant':
        at.counts.push({ day: each.day, points: each.points })
        earn(at, this.#program.pointsLast(each.day), each.points)
        this.#rise(at, each.day)
        return
      case 'buy':
        if (this.#program.counting) this.#count(at, each, fresh)
        else this.#buy(at, each)
        return
      case 'act':
        this.#count(at, each, fresh)
        return
      case 'send':
        take(at, each.points)
        at.moved -= each.points
        return
      case 'receive':
        for (const [last, points] of each.lots.toSorted()) {
          earn(at, last, points)
          at.moved += points
        }
        return
      case 'decide':
        if (!each.approved) at.approval = 'refused'
        else if (at.rank < this.#program.tiers.length - 1)
          this.#stand(at, this.#program.tiers.length - 1, each.day)
        return
      case 'adjust':
        if (each.points > 0n) {
          earn(at, this.#program.pointsLast(each.day), each.points)
          this.#rise(at, each.day)
        } else take(at, -each.points)
        return
      case 'redeem': {
        const kept = this.#kept(each)
        take(at, kept)
        at.spent += kept
        return
      }
      case 'hold': {
        const lots = take(at, each.points)
        const owed = each.points - sum(lots.map(([, points]) => points))
        if (owed > 0n) lots.push([this.#program.pointsLast(each.day), owed])
        at.holds.set(each.id, { left: each.points, lapses: each.lapses, lots })
        return
      }
      case 'capture': {
        const hold = at.holds.get(each.id)!
        const captured = cut(hold.lots, each.points)
        hold.left -= each.points
        if (hold.left === 0n) at.holds.delete(each.id)
        const kept = this.#kept(each)
        at.spent += kept
        cut(captured, kept)
        this.#giveBack(at, captured, each.day)
        return
      }
      case 'release':
        this.#release(at, each.id, each.day)
        return
      case 'return': {
        const grace = each.grace < at.expired ? each.grace : at.expired
        at.expired -= grace
        earn(at, plusDays(each.day, this.#program.graceDays ?? 0), grace)
        earn(at, this.#program.pointsLast(each.day), each.cash)
      }
    }
  }

  #buy(at: NaiveStanding, { number, day }: Happening & { kind: 'buy' }): void {
    const left = this.leftOf(number).filter((fen) => fen !== undefined)
    if (left.length === 0) return
    const fen = sum(left)
    const { waits, monthly } = this.#program
    let points = this.#program.points(fen, this.#program.tiers[at.rank]!.id)
    if (monthly !== undefined) {
      const month = day.slice(0, 7)
      const had = at.months.get(month) ?? 0n
      if (had + points > monthly) points = monthly - had
      at.months.set(month, had + points)
    }
    if (waits === undefined) earn(at, this.#program.pointsLast(day), points)
    else {
      const release = plusDays(day, waits)
      put(at.waiting, `${release} ${this.#program.pointsLast(release)}`, points)
    }
    const growth = this.#program.growth(fen)
    if (growth > 0n) {
      put(at.growth, this.#program.growthLast(day), growth)
      const reached = this.#rankFor(sum([...at.growth.values()]))
      if (reached > at.rank) this.#stand(at, reached, day)
    }
    at.told.set(number, { points, tier: this.#program.tiers[at.rank]!.id })
  }

  #count(at: NaiveStanding, each: Happening & { kind: 'buy' | 'act' }, fresh: string | undefined): void {
    const left = each.kind === 'buy' ? this.leftOf(each.number).filter((fen) => fen !== undefined) : []
    if (each.kind === 'buy' && left.length === 0) return
    const { day, number } = each
    const event = each.kind === 'buy' ? { day, fen: sum(left) } : { day, code: each.code }
    const { points, until, growth, refused } = this.#program.counting!.rate(event, at)
    if (refused && number === fresh) at.refused = true
    if (each.kind === 'act') this.#matureBy(at, each.code, day)
    at.counts.push({ ...event, points })
    earn(at, this.#program.pointsLast(day), points - (until?.points ?? 0n))
    if (until) put(at.waiting, `${until.code} ${this.#program.pointsLast(day)}`, until.points)
    put(at.growth, this.#program.growthLast(day), growth)
    this.#rise(at, day)
    at.told.set(number, { points, tier: this.#program.tiers[at.rank]!.id })
  }

  /** What has waited for an activity is there; what has run out meanwhile, runs out. */
  #matureBy(at: NaiveStanding, code: string, day: Day): void {
    for (const [key, points] of [...at.waiting].sort()) {
      const [release, last] = key.split(' ')
      if (release !== code) continue
      at.waiting.delete(key)
      earn(at, last!, points)
    }
    this.#runOut(at, day)
  }

  #rise(at: NaiveStanding, day: Day): void {
    const { counting, tiers } = this.#program
    if (!counting || at.rank === tiers.length - 1) return
    const { rank, asks } = counting.reached(at, day)
    if (rank > at.rank) this.#stand(at, rank, day)
    if (asks) at.approval ??= 'asked'
  }

  #endDay(at: NaiveStanding, day: Day): void {
    for (const [key, points] of [...at.waiting].sort()) {
      const [release, last] = key.split(' ')
      if (release !== plusDays(day, 1)) continue
      at.waiting.delete(key)
      earn(at, last!, points)
    }
    for (const last of [...at.points.keys()]) {
      if (last > day) continue
      at.expired += at.points.get(last)!
      at.points.delete(last)
    }
    for (const last of [...at.growth.keys()]) if (last <= day) at.growth.delete(last)
    if (at.tierUntil === day) this.#stand(at, this.#rankAfterReview(at, day), day)
  }

  #release(at: NaiveStanding, id: string, day: Day): void {
    const { lots } = at.holds.get(id)!
    at.holds.delete(id)
    this.#giveBack(at, lots, day)
  }

  #giveBack(at: NaiveStanding, lots: readonly [Day, bigint][], day: Day): void {
    const { graceDays } = this.#program
    const good = lots.map(([last, points]): [Day, bigint] => [
      last < day && graceDays ? plusDays(day, graceDays) : last,
      points,
    ])
    for (const [last, points] of good.toSorted()) earn(at, last, points)
    this.#runOut(at, day)
  }

  /** What is not good on a day any more. */
  #runOut(at: NaiveStanding, day: Day): void {
    for (const last of [...at.points.keys()]) {
      if (last >= day) continue
      at.expired += at.points.get(last)!
      at.points.delete(last)
    }
  }

  #returnsOf(bill: string): (Happening & { kind: 'return' })[] {
    return this.list.filter(
      (each): each is Happening & { kind: 'return' } => each.kind === 'return' && each.bill === bill,
    )
  }

  /** How many of the points that paid for a bill stay spent after what came back of it later. */
  #kept(burn: Burn): bigint {
    const place = this.list.indexOf(burn)
    const money = (returns: readonly (Happening & { kind: 'return' })[]) =>
      sum(returns.flatMap(({ back }) => back.map(({ fen }) => fen)))
    const bought = this.list.find((each) => each.kind === 'buy' && each.number === burn.bill)
    const returns = this.#returnsOf(burn.bill)
    const later = returns.filter((each) => this.list.indexOf(each) > place)
    if (bought?.kind !== 'buy' || later.length === 0) return burn.points
    if (this.leftOf(burn.bill).every((fen) => fen === undefined)) return 0n
    const of = sum(bought.lines) - money(returns.filter((each) => !later.includes(each)))
    return burn.points - (burn.points * money(later)) / of
  }

  #rankFor(growth: bigint): number {
    return this.#program.tiers.filter((tier) => tier.from <= growth).length - 1
  }

  #rankAfterReview(at: NaiveStanding, day: Day): number {
    const { rank } = at
    const { counting } = this.#program
    if (counting) return counting.keeps(at, day) ? rank : rank - 1
    const growth = sum([...at.growth.values()])
    const fits = this.#rankFor(growth)
    if (fits >= rank) return rank
    if (this.#program.downgrade === 'to-fit') return fits
    return this.#program.downgrade === 'one-step' ? rank - 1 : 0
  }

  #stand(at: NaiveStanding, rank: number, from: Day): void {
    at.rank = rank
    at.countedBefore = at.counts.length
    at.approval = undefined
    at.tierUntil = rank === 0 ? undefined : plusMonths(from, this.#program.tiers[rank]!.months)
  }
}

const sum = (numbers: readonly bigint[]) => numbers.reduce((total, number) => total + number, 0n)

function put(lots: Map<string, bigint>, last: Day, amount: bigint): void {
  if (amount > 0n) lots.set(last, (lots.get(last) ?? 0n) + amount)
}

/** What is owed is repaid first. */
function earn(at: NaiveStanding, last: Day, points: bigint): void {
  const repaid = points < at.owed ? points : at.owed
  at.owed -= repaid
  put(at.points, last, points - repaid)
}

/** Point by point would take too long: lot by lot, the soonest-expiring first; what is not there is owed. */
function take(at: NaiveStanding, points: bigint): [Day, bigint][] {
  const taken: [Day, bigint][] = []
  let left = points
  for (const last of [...at.points.keys()].sort()) {
    const there = at.points.get(last)!
    const some = there < left ? there : left
    if (some === 0n) break
    if (some === there) at.points.delete(last)
    else at.points.set(last, there - some)
    taken.push([last, some])
    left -= some
  }
  at.owed += left
  return taken
}

/** Cuts so many points off the front of some lots, and answers what was cut off. */
function cut(lots: [Day, bigint][], points: bigint): [Day, bigint][] {
  const off: [Day, bigint][] = []
  let left = points
  while (left > 0n) {
    const first = lots[0]!
    const some = first[1] < left ? first[1] : left
    off.push([first[0], some])
    left -= some
    first[1] -= some
    if (first[1] === 0n) lots.shift()
  }
  return off
}

const isEarned = ({ kind }: Happening): boolean => kind === 'grant' || kind === 'buy' || kind === 'act'

const byNumber = (a: Happening, b: Happening): number => {
  const [one, other] = [a, b].map((each) => ('number' in each ? each.number : '')) as [string, string]
  return one.length - other.length || (one < other ? -1 : 1)
}

export const plusDays = (day: Day, days: number): Day =>
  new Date(Date.parse(`${day}T00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

export function plusMonths(day: Day, months: number): Day {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  const first = new Date(Date.UTC(year, month - 1 + months, 1))
  const length = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  return `${first.toISOString().slice(0, 8)}${String(Math.min(date, length)).padStart(2, '0')}`
}
