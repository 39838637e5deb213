import type { Condition } from '../../../kernel/conditions/conditions.ts'
import { assert } from '../../../kernel/values/assert.ts'
import { type Instant, type LocalDate, localDate, startOfDay, toIso } from '../../../kernel/values/instant.ts'
import { type Ratio, type Rounding, roundRatio } from '../../../kernel/values/points.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { EarnedAsset } from './asset.ts'
import { CounterDraft, type Counters } from './earn-counters.ts'
import type { Each } from './earn-document.ts'
import { nextPeriod } from './earn-periods.ts'
import type { Cap, EarnRule, EarnRules } from './earn-rules.ts'
import { type Stages, stagedWorth, subtract, type Worth } from './earn-stages.ts'
import {
  type EventFacts,
  type EventSource,
  lineFacts,
  type MemberStanding,
  memberFacts,
  type PurchaseLine,
  placeFacts,
} from './event-facts.ts'
import type { Program } from './program.ts'

export type { PurchaseLine } from './event-facts.ts'

/** A campaign in force that multiplies the points of purchases; learnt from `campaigns`. */
export interface Multiplier {
  readonly campaign: string
  readonly from: Instant
  /** The first moment after. */
  readonly until: Instant
  readonly factor: Ratio
  readonly when: Condition | undefined
  /** Whether the condition asks for tags of the member. */
  readonly asksTags?: boolean
}

export interface PurchaseEvent extends EventSource {
  readonly kind: 'purchase'
  readonly lines: readonly PurchaseLine[]
}

export interface ActivityEvent extends EventSource {
  readonly kind: 'activity'
  readonly code: string
  readonly quantity?: number
  /** Minor units. */
  readonly amount?: bigint
}

export type EarnEvent = PurchaseEvent | ActivityEvent

/** What is known of a member before an event. */
export interface EarnState extends MemberStanding {
  readonly counters: Counters
}

export interface Award {
  readonly rule: string
  /** Counts from 0; -1: the event as a whole. */
  readonly line: number
  readonly asset: EarnedAsset
  readonly amount: bigint
}

export type SkipReason =
  | 'CONDITION_NOT_MET'
  | 'OUTSIDE_WINDOW'
  | 'EXCLUDED'
  | 'CAP_REACHED'
  | 'STAGE_GIVES_NOTHING'
  | 'ROUNDED_TO_ZERO'

export interface Skip {
  readonly rule: string
  readonly reason: SkipReason
  readonly details?: Readonly<Record<string, string>>
}

/** How a rule came to what it gave, for whoever asks why. */
export interface Working {
  readonly rule: string
  /** What it was applied to: minor units of money, events, lines, pieces, or the points that it multiplied. */
  readonly on: bigint
  /** What comes out before rounding. */
  readonly exact: Ratio
  /** Where the stages stood before; undefined: it has none. */
  readonly reached: bigint | undefined
  /** In all, with what was carried over. */
  readonly amount: bigint
  /** Held back by a cap and lost, or kept for later. */
  readonly withheld: bigint
  readonly cap: string | undefined
  /** Given now for earlier events. */
  readonly carriedOver: bigint
}

export interface Rating {
  readonly awards: readonly Award[]
  readonly skipped: readonly Skip[]
  readonly workings: readonly Working[]
  /** The very same object where nothing was counted. */
  readonly counters: Counters
  /** Of the counters before the event those that mattered; undefined: the rules count nothing. */
  readonly consulted: Counters | undefined
}

/**
 * What an event earns, rule by rule and line by line, in the programme's order of rules. Rates and fixed awards come
 * first; a rate rounds once a purchase unless it says once a line, and its sum is shared out over the lines.
 * Multipliers apply to what came before them in their asset and add up: twice for a tier and twice for a day make three
 * times.
 */
export function rate(
  program: Program,
  event: EarnEvent,
  state: EarnState,
  multipliers: readonly Multiplier[],
): Result<Rating, 'CAP_REACHED'> {
  const set = event.kind === 'purchase' ? program.earn.purchase : program.earn.activities.get(event.code)
  return set
    ? new RatingInProgress(program, event, state).run(set, multipliers)
    : ok({ awards: [], skipped: [], workings: [], counters: state.counters, consulted: undefined })
}

/** An event that was recorded before: what a cap would refuse now is clipped. */
export function rateAgain(
  program: Program,
  event: EarnEvent,
  state: EarnState,
  multipliers: readonly Multiplier[] = [],
): Rating {
  const set = event.kind === 'purchase' ? program.earn.purchase : program.earn.activities.get(event.code)
  const rules = set ? withoutRejection(set) : { rules: [], counted: false }
  const result = new RatingInProgress(program, event, state).run(rules, multipliers)
  assert(result.ok, 'caps that clip refuse nothing')
  return result.value
}

const clipping = new WeakMap<EarnRules, EarnRules>()

function withoutRejection(set: EarnRules): EarnRules {
  if (!set.counted) return set
  let clipped = clipping.get(set)
  if (!clipped) {
    const rules = set.rules.map((rule) => ({
      ...rule,
      caps: rule.caps.map((cap) => ({ ...cap, over: cap.over === 'reject' ? ('clip' as const) : cap.over })),
    }))
    clipped = { ...set, rules }
    clipping.set(set, clipped)
  }
  return clipped
}

const NO_SHARES: readonly bigint[] = []

/**
 * One event on its way through the rules. Lines have the slots from 0, the event as a whole has the last one: what it
 * is given for itself belongs to no line.
 */
class RatingInProgress {
  readonly #program: Program
  readonly #event: EarnEvent
  readonly #state: EarnState
  readonly #lines: readonly PurchaseLine[]
  /** The slot of the event as a whole. */
  readonly #whole: number
  readonly #awards: Award[] = []
  readonly #skipped: Skip[] = []
  readonly #workings: Working[] = []
  #claimed: Map<string, boolean[]> | undefined
  #draft: CounterDraft | undefined
  #memberFacts: EventFacts[string] | undefined
  #eventFacts: EventFacts[string] | undefined
  #day: LocalDate | undefined
  /** Reached caps that refuse the event. */
  readonly #rejecting: { cap: Cap; rule: string }[] = []

  constructor(program: Program, event: EarnEvent, state: EarnState) {
    this.#program = program
    this.#event = event
    this.#state = state
    this.#lines = event.kind === 'purchase' ? event.lines : []
    this.#whole = this.#lines.length
  }

  run(set: EarnRules, multipliers: readonly Multiplier[]): Result<Rating, 'CAP_REACHED'> {
    if (set.counted) this.#draft = new CounterDraft(this.#state.counters, this.#today(), this.#program.period)
    let base: Record<EarnedAsset, bigint[]> | undefined
    for (const rule of set.rules) {
      if (rule.award.kind === 'multiplier') base ??= this.#pointsBySlot()
      this.#apply(rule, base?.[rule.asset] ?? NO_SHARES)
    }
    if (this.#event.kind === 'purchase' && multipliers.length > 0) {
      base ??= this.#pointsBySlot()
      for (const multiplier of multipliers) this.#multiply(multiplier, base.points)
    }
    const [rejecting] = this.#rejecting
    if (rejecting) return this.#refusal()
    return ok({
      awards: this.#awards,
      skipped: this.#skipped,
      workings: this.#workings,
      counters: this.#draft?.finish(this.#program.keptDays) ?? this.#state.counters,
      consulted: this.#draft?.consulted,
    })
  }

  #apply(rule: EarnRule, points: readonly bigint[]): void {
    const { window } = rule
    const at = this.#event.occurredAt
    if (window && (at < window.from || at >= window.until)) {
      this.#skip(rule, 'OUTSIDE_WINDOW')
      return
    }
    let matched = this.#matches(rule)
    if (!matched.includes(true)) {
      this.#skip(rule, 'CONDITION_NOT_MET')
      return
    }
    if (rule.exclusive !== undefined) {
      matched = this.#claim(rule, matched)
      if (!matched.includes(true)) {
        this.#skip(rule, 'EXCLUDED', { group: rule.exclusive })
        return
      }
    }
    const units = this.#units(rule, matched, points)
    if (rule.caps.length === 0 && !('stages' in rule.award)) this.#giveUncounted(rule, units)
    else this.#giveCounted(rule, units)
  }

  /** The slots that a rule's condition holds for. */
  #matches({ when, award }: EarnRule): boolean[] {
    const matched = this.#slotsWhere(when)
    // Points of the event itself are multiplied where the condition holds for a line without sku and category.
    if (this.#event.kind === 'purchase' && award.kind !== 'multiplier') matched[this.#whole] = false
    return matched
  }

  /** Leaves the slots that no rule of the group has had before, and keeps them from the rules to come. */
  #claim({ exclusive, award }: EarnRule, matched: readonly boolean[]): boolean[] {
    this.#claimed ??= new Map()
    const claimed = this.#claimed.get(exclusive!) ?? matched.map(() => false)
    const free = matched.map((is, slot) => is && !claimed[slot])
    if (free.includes(true)) {
      const all = 'each' in award && award.each === 'event'
      this.#claimed.set(
        exclusive!,
        claimed.map((was, slot) => was || all || free[slot]!),
      )
    }
    return free
  }

  /** What a rule is applied to, slot by slot. */
  #units({ award }: EarnRule, matched: readonly boolean[], points: readonly bigint[]): bigint[] {
    const of = (unit: (slot: number) => bigint): bigint[] => matched.map((is, slot) => (is ? unit(slot) : 0n))
    switch (award.kind) {
      case 'multiplier':
        return of((slot) => points[slot]!)
      case 'rate':
      case 'staged-rate':
        return of((slot) => this.#amount(slot))
      case 'fixed':
      case 'staged-fixed':
        return this.#unitsOfEach(award.each, matched, of)
    }
  }

  #unitsOfEach(
    each: Each,
    matched: readonly boolean[],
    of: (unit: (slot: number) => bigint) => bigint[],
  ): bigint[] {
    switch (each) {
      case 'event':
        return matched.map((_, slot) => (slot === this.#whole ? 1n : 0n))
      case 'line':
        return of(() => 1n)
      case 'quantity':
        return of((slot) => this.#quantity(slot))
    }
  }

  #giveUncounted(rule: EarnRule, units: readonly bigint[]): void {
    const worth = plainWorth(rule)
    const shares = share(units, worth, rule.rounding, rule.round)
    const amount = this.#give(rule, shares)
    if (amount === 0n) {
      this.#skip(rule, 'ROUNDED_TO_ZERO')
      return
    }
    const on = sum(units)
    this.#workings.push({ ...WORKING, rule: rule.id, on, exact: worth(on), amount })
  }

  #giveCounted(rule: EarnRule, allUnits: readonly bigint[]): void {
    const draft = this.#draft!
    const counted = 'each' in rule.award
    const all = sum(allUnits)
    const times = counted ? all : 1n
    const timesCaps = rule.caps.filter((cap) => cap.measure === 'times')
    const { allowed, binding } = mostWithin(timesCaps, times, draft)
    const units = allowed === times ? allUnits : firstOf(allUnits, counted ? allowed : 0n)

    const stages = 'stages' in rule.award ? rule.award.stages : undefined
    const stageKey = stages && draft.stageKey(rule.id, stages)
    const before = stageKey === undefined ? undefined : draft.read(stageKey)
    const spend = stages?.of === 'spend' ? this.#spendOf(rule, allUnits) : 0n
    const worthOf = (brings: bigint): Worth =>
      stages ? stagedWorth(stages, { before: before!, brings }, advances(rule, stages)) : plainWorth(rule)
    const brings = stages?.of === 'times' ? (counted ? allowed : times) : spend
    const worth = worthOf(brings)
    const shares = share(units, worth, rule.rounding, rule.round)
    const due = sum(shares)
    const full = units === allUnits ? due : sum(share(allUnits, worth, rule.rounding, rule.round))
    if (full > due) this.#noteRejections(rule, timesCaps, times)

    const pointsCaps = rule.caps.filter((cap) => cap.measure === 'points')
    const within = mostWithin(pointsCaps, due, draft)
    if (within.allowed < due) this.#noteRejections(rule, pointsCaps, due)
    const carriedOver = due > 0n ? this.#carryOver(rule, pointsCaps, due, within.allowed) : 0n
    const given = firstOf(shares, within.allowed)
    given[this.#whole] = given[this.#whole]! + carriedOver
    const amount = this.#give(rule, given)

    for (const cap of pointsCaps) draft.add(draft.capKey(cap), amount)
    if (amount > 0n) for (const cap of timesCaps) draft.add(draft.capKey(cap), counted ? allowed : 1n)
    if (stages) {
      const moved = { spend, points: amount, times: amount > 0n ? (counted ? allowed : 1n) : 0n }[stages.of]
      draft.add(stageKey!, moved)
    }

    const cap = full > due ? binding : within.allowed < due ? within.binding : undefined
    if (amount === 0n) {
      if (cap) this.#skip(rule, 'CAP_REACHED', this.#opening(cap))
      else if (worth(all).numerator === 0n && all > 0n) this.#skip(rule, 'STAGE_GIVES_NOTHING')
      else this.#skip(rule, 'ROUNDED_TO_ZERO')
      return
    }
    this.#workings.push({
      rule: rule.id,
      on: all,
      exact: worth(all),
      reached: before,
      amount,
      withheld: full - within.allowed,
      cap: cap?.id,
      carriedOver,
    })
  }

  /** Keeps for later what a cap that carries over holds back, and gives what was kept and has room now. */
  #carryOver(rule: EarnRule, caps: readonly Cap[], due: bigint, allowed: bigint): bigint {
    const draft = this.#draft!
    const carrying = caps.filter((cap) => cap.over === 'carry-over')
    const [first] = carrying
    if (!first) return 0n
    const key = `o:${first.id}/${rule.id}`
    const clipped = mostWithin(
      caps.filter((cap) => cap.over === 'clip'),
      due,
      draft,
    ).allowed
    if (clipped > allowed) draft.add(key, clipped - allowed)
    const { allowed: room } = mostWithin(caps, due + draft.read(key), draft)
    const kept = draft.read(key)
    const left = room - allowed
    const carried = allowed < clipped ? 0n : kept < left ? kept : left
    draft.add(key, -carried)
    return carried
  }

  #noteRejections(rule: EarnRule, caps: readonly Cap[], wanted: bigint): void {
    for (const cap of caps) {
      if (cap.over === 'reject' && this.#draft!.room(cap) < wanted)
        this.#rejecting.push({ cap, rule: rule.id })
    }
  }

  /** Several caps may be full: the event is possible again when the last of them opens. */
  #refusal(): Result<never, 'CAP_REACHED'> {
    const opening = ({ cap }: { cap: Cap }) =>
      nextPeriod(cap.per, this.#today(), this.#program.period) ?? 'never'
    const [last] = this.#rejecting.toSorted((a, b) => (opening(a) < opening(b) ? 1 : -1))
    return fail('CAP_REACHED', { details: { rule: last!.rule, ...this.#opening(last!.cap) } })
  }

  #opening(cap: Cap): Record<string, string> {
    const opens = nextPeriod(cap.per, this.#today(), this.#program.period)
    return {
      cap: cap.id,
      limit: cap.limit.toString(),
      opensAt: opens ? toIso(startOfDay(opens, this.#program.timeZone)) : 'never',
    }
  }

  #multiply({ campaign, from, until, factor, when }: Multiplier, points: readonly bigint[]): void {
    const at = this.#event.occurredAt
    if (at < from || at >= until) return
    const matched = this.#slotsWhere(when)
    const units = points.map((amount, slot) => (matched[slot] ? amount : 0n))
    const worth = ratioWorth(extra(factor))
    const rule = { id: `campaign:${campaign}`, asset: 'points' as const }
    const amount = this.#give(rule, share(units, worth, 'down', 'purchase'))
    if (amount === 0n) return
    const on = sum(units)
    this.#workings.push({ ...WORKING, rule: rule.id, on, exact: worth(on), amount })
  }

  #give(rule: Pick<EarnRule, 'id' | 'asset'>, shares: readonly bigint[]): bigint {
    let given = 0n
    for (const [slot, amount] of shares.entries()) {
      if (amount === 0n) continue
      given += amount
      this.#awards.push({ rule: rule.id, line: slot === this.#whole ? -1 : slot, asset: rule.asset, amount })
    }
    return given
  }

  #skip(rule: EarnRule, reason: SkipReason, details?: Readonly<Record<string, string>>): void {
    this.#skipped.push(details ? { rule: rule.id, reason, details } : { rule: rule.id, reason })
  }

  #pointsBySlot(): Record<EarnedAsset, bigint[]> {
    const sums = {
      points: new Array<bigint>(this.#whole + 1).fill(0n),
      growth: new Array<bigint>(this.#whole + 1).fill(0n),
    }
    for (const { asset, line, amount } of this.#awards) sums[asset][line < 0 ? this.#whole : line]! += amount
    return sums
  }

  /** The money that moves a rule's stages: what its rate is applied to, or the whole event. */
  #spendOf({ award }: EarnRule, units: readonly bigint[]): bigint {
    if (award.kind === 'staged-rate') return sum(units)
    return this.#event.kind === 'activity' ? this.#amount(this.#whole) : this.#total()
  }

  #total(): bigint {
    return this.#lines.reduce((total, line) => total + line.amount, 0n)
  }

  #amount(slot: number): bigint {
    const line = this.#lines[slot]
    if (line) return line.amount
    return this.#event.kind === 'activity' ? (this.#event.amount ?? 0n) : 0n
  }

  #quantity(slot: number): bigint {
    const line = this.#lines[slot]
    if (line) return BigInt(line.quantity)
    return this.#event.kind === 'activity' ? BigInt(this.#event.quantity ?? 1) : 0n
  }

  /** What does not ask for the line holds for all of them or for none. */
  #slotsWhere(when: Condition | undefined): boolean[] {
    const holds = new Array<boolean>(this.#whole + 1)
    if (!when?.words.has('line')) return holds.fill(this.#holds(when, this.#whole))
    for (let slot = 0; slot <= this.#whole; slot++) holds[slot] = this.#holds(when, slot)
    return holds
  }

  #holds(when: Condition | undefined, slot: number): boolean {
    if (!when) return true
    return when.holds(this.#factsFor(when, slot))
  }

  /** Facts are put together only when a condition asks. */
  #factsFor({ words }: Condition, slot: number): EventFacts {
    const facts: Record<string, EventFacts[string]> = {}
    const { kind } = this.#event
    if (words.has('member')) facts.member = this.#memberFacts ??= memberFacts(this.#state)
    if (words.has(kind)) facts[kind] = this.#eventFacts ??= this.#factsOfEvent()
    if (kind === 'purchase' && words.has('line'))
      facts.line = lineFacts(this.#lines[slot] ?? { quantity: 0, amount: this.#total() })
    return facts
  }

  #factsOfEvent(): EventFacts[string] {
    const place = placeFacts(this.#event, this.#program.timeZone)
    if (this.#event.kind === 'purchase') return { ...place, total: this.#total() }
    const { code } = this.#event
    return { ...place, code, quantity: this.#quantity(this.#whole), amount: this.#amount(this.#whole) }
  }

  #today(): LocalDate {
    this.#day ??= localDate(this.#event.occurredAt, this.#program.timeZone)
    return this.#day
  }
}

const WORKING = { reached: undefined, withheld: 0n, cap: undefined, carriedOver: 0n } as const

/** What a factor adds to what is there already. Never below nothing. */
const extra = ({ numerator, denominator }: Ratio): Ratio => ({
  numerator: numerator > denominator ? numerator - denominator : 0n,
  denominator,
})

const ratioWorth =
  ({ numerator, denominator }: Ratio): Worth =>
  (units) => ({ numerator: units * numerator, denominator })

function plainWorth({ award }: EarnRule): Worth {
  assert(!('stages' in award), 'stages are worth what is reached')
  return ratioWorth(award.kind === 'multiplier' ? extra(award.factor) : award.rate)
}

/** Whether a rule's units are themselves what its stages count. */
const advances = ({ award }: EarnRule, { of }: Stages): boolean =>
  of === (award.kind === 'staged-rate' ? 'spend' : 'times')

const ZERO: Ratio = { numerator: 0n, denominator: 1n }

/** Rounds the sum and gives each slot its part of it, the differences of the rounded running sums; or rounds each. */
function share(
  units: readonly bigint[],
  worth: Worth,
  rounding: Rounding,
  round: 'purchase' | 'line',
): bigint[] {
  let reached = 0n
  let given = 0n
  let before = ZERO
  return units.map((unit) => {
    if (unit === 0n) return 0n
    reached += unit
    const exact = worth(reached)
    if (round === 'line') {
      const part = subtract(exact, before)
      before = exact
      return roundRatio(part.numerator, part.denominator, rounding)
    }
    const rounded = roundRatio(exact.numerator, exact.denominator, rounding)
    const part = rounded - given
    given = rounded
    return part
  })
}

const sum = (parts: readonly bigint[]): bigint => parts.reduce((total, part) => total + part, 0n)

/** The first so much of the parts, in their order. */
function firstOf(parts: readonly bigint[], limit: bigint): bigint[] {
  let left = limit
  return parts.map((part) => {
    const taken = part < left ? part : left
    left -= taken
    return taken
  })
}

/** As much as all caps let through, and the cap that lets through least. */
function mostWithin(
  caps: readonly Cap[],
  wanted: bigint,
  draft: CounterDraft,
): { allowed: bigint; binding: Cap | undefined } {
  let allowed = wanted
  let binding: Cap | undefined
  for (const cap of caps) {
    const room = draft.room(cap)
    if (room >= allowed) continue
    allowed = room
    binding = cap
  }
  return { allowed, binding }
}
