import { type Instant, localDate } from '../../../kernel/values/instant.ts'
import type { PastEvent } from './dry-run.ts'
import type { Counters } from './earn-counters.ts'
import { counted, countedAnew, type Happening, measuresPrefix } from './measures.ts'
import type { Program } from './program.ts'

/** From when on something was counted anew. */
export interface Cycle {
  readonly at: Instant
  /** A promotion, after which all may begin anew. */
  readonly promoted: boolean
}

/**
 * What tiers count, counted once more from all that is on record: for a version that asks for what was not counted
 * before. Events and cycles stand in their order of effect. What caps and stages count is left alone.
 */
export function recounted(
  program: Program,
  counters: Counters,
  events: readonly PastEvent[],
  cycles: readonly Cycle[],
): Counters {
  let measured: Counters = {}
  const due = [...cycles]
  for (const event of events) {
    const { effectiveAt } = event.document
    // An event that led to a promotion was counted before it.
    while (due[0] && due[0].at < effectiveAt) measured = countedAnew(program, measured, due.shift()!.promoted)
    measured = counted(program, measured, happeningOf(program, event))
  }
  for (const { promoted } of due) measured = countedAnew(program, measured, promoted)
  const others = Object.entries(counters).filter(([key]) => !key.startsWith(measuresPrefix))
  return { ...Object.fromEntries(others), ...measured }
}

/** What a recorded document was worth to the measures of tiers. */
export function happeningOf({ timeZone }: Program, { document, growthTaken = 0n }: PastEvent): Happening {
  const day = localDate(document.effectiveAt, timeZone)
  const sum = (asset: 'points' | 'growth'): bigint =>
    document.awards.reduce((total, award) => (award.asset === asset ? total + award.amount : total), 0n)
  const gifts = { day, points: sum('points'), growth: sum('growth') }
  switch (document.kind) {
    case 'purchase':
      return { ...gifts, spend: document.amount ?? 0n, visit: true }
    case 'activity':
      return { ...gifts, activity: { code: document.subject!, times: BigInt(document.quantity ?? 1) } }
    // Points that staff corrects are earned by nothing that tiers ask for.
    case 'adjustment':
      return { day, growth: sum('growth') - growthTaken }
    // What a channel has told was earned elsewhere.
    case 'balance-sync':
      return { day }
    default:
      return gifts
  }
}
