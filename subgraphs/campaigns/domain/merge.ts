import type { TaskDefinition } from '../../../schema/events/program.ts'
import { type Participation, stateOf } from './participation.ts'

/** What becomes of what a person may do once, or so many times, where both members did. */
export type BonusPolicy = 'KEEP_BOTH' | 'TAKE_BACK_SMALLER' | 'TAKE_BACK_LATER'

/**
 * Completions of a task that one person could not have had: those beyond its limits of the day and of the year. Which of
 * them go is the policy's; under `KEEP_BOTH` they are found all the same, and stay.
 */
export function findSurplus(
  completions: readonly Participation[],
  { perDay, perYear }: Pick<TaskDefinition, 'perDay' | 'perYear'>,
  policy: BonusPolicy,
): Participation[] {
  const kept = new Map<string, number>()
  const count = (key: string) => kept.get(key) ?? 0
  const surplus: Participation[] = []
  for (const completion of completions.filter(isGiven).toSorted(firstToStay(policy))) {
    const { day } = completion
    const year = day.slice(0, 4)
    if (count(day) >= perDay || count(year) >= perYear) surplus.push(completion)
    else for (const key of [day, year]) kept.set(key, count(key) + 1)
  }
  return surplus
}

/** There is something to take back. */
const isGiven = (completion: Participation): boolean =>
  completion.points > 0n && stateOf(completion) === 'REWARDED'

const firstToStay =
  (policy: BonusPolicy) =>
  (a: Participation, b: Participation): number => {
    if (policy === 'TAKE_BACK_SMALLER' && a.points !== b.points) return a.points > b.points ? -1 : 1
    return a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1)
  }
