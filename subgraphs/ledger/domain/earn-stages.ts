import type { Ratio } from '../../../kernel/values/points.ts'
import type { CountedOver } from './earn-periods.ts'

/** What has to be reached for a stage: money spent, points given by the rule, or how often it gave. */
export type StageMeasure = 'spend' | 'points' | 'times'

export interface Stages {
  readonly of: StageMeasure
  readonly over: CountedOver
  /** `marginal`: each part by the stage that it falls into. `whole`: all of it by the stage that is reached with it. */
  readonly basis: 'marginal' | 'whole'
  /** From 0 up. A rate is points for each unit: of money, or one time. */
  readonly steps: readonly { readonly from: bigint; readonly rate: Ratio }[]
}

/** What is reached before an event, and what the event brings in all. */
export interface StagePosition {
  readonly before: bigint
  readonly brings: bigint
}

/** What the first so many units of an event are worth. */
export type Worth = (units: bigint) => Ratio

/** Makes the worth of an event's units; `advances` says that the units are themselves what the stages count. */
export function stagedWorth(stages: Stages, position: StagePosition, advances: boolean): Worth {
  if (stages.basis === 'marginal' && stages.of === 'points')
    return (units) => byPoints(stages, position.before, units)
  if (stages.basis === 'marginal' && advances) {
    return (units) =>
      subtract(fromNothing(stages, position.before + units), fromNothing(stages, position.before))
  }
  // Points cannot say which stage they reach before they are given.
  const reached =
    stages.basis === 'whole' && stages.of !== 'points' ? position.before + position.brings : position.before
  const { rate } = stages.steps.findLast((step) => step.from <= reached)!
  return (units) => ({ numerator: units * rate.numerator, denominator: rate.denominator })
}

/** What all units up to a position are worth, each by its own stage. */
function fromNothing({ steps }: Stages, position: bigint): Ratio {
  let sum: Ratio = { numerator: 0n, denominator: 1n }
  for (const [index, { from, rate }] of steps.entries()) {
    if (position <= from) break
    const end = steps[index + 1]?.from
    const units = (end === undefined || position < end ? position : end) - from
    sum = add(sum, { numerator: units * rate.numerator, denominator: rate.denominator })
  }
  return sum
}

/** Climbs through the stages by the points themselves: each is left when as many points are there as the next asks. */
function byPoints({ steps }: Stages, before: bigint, units: bigint): Ratio {
  let left: Ratio = { numerator: units, denominator: 1n }
  let reached = before
  for (const [index, { rate }] of steps.entries()) {
    const end = steps[index + 1]?.from
    if (end !== undefined && end <= reached) continue
    const worth: Ratio = {
      numerator: left.numerator * rate.numerator,
      denominator: left.denominator * rate.denominator,
    }
    const room = end === undefined ? undefined : end - reached
    if (room === undefined || worth.numerator <= room * worth.denominator)
      return add({ numerator: reached - before, denominator: 1n }, worth)
    left = subtract(left, { numerator: room * rate.denominator, denominator: rate.numerator })
    reached = end!
  }
  return { numerator: reached - before, denominator: 1n }
}

const add = (a: Ratio, b: Ratio): Ratio =>
  a.denominator === b.denominator
    ? { numerator: a.numerator + b.numerator, denominator: a.denominator }
    : {
        numerator: a.numerator * b.denominator + b.numerator * a.denominator,
        denominator: a.denominator * b.denominator,
      }

export const subtract = (a: Ratio, b: Ratio): Ratio =>
  add(a, { numerator: -b.numerator, denominator: b.denominator })
