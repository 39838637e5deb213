import { type Instant, localDate } from '../../../kernel/values/instant.ts'
import type { EarnedAsset } from './asset.ts'
import type { PastEvent } from './dry-run.ts'
import type { Award } from './earn.ts'
import type { Counters } from './earn-counters.ts'
import { counted, countedAnew, type Happening, measuresPrefix } from './measures.ts'
import type { SourceDocument } from './posting.ts'
import type { Program } from './program.ts'
import { CASH, GRACE, linesLeft, REFUND } from './returns.ts'

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
  const returns = Map.groupBy(
    events.flatMap(({ document }) => (document.kind === 'return' ? [document] : [])),
    ({ subject }) => subject,
  )
  for (const event of events) {
    const { effectiveAt } = event.document
    // An event that led to a promotion was counted before it.
    while (due[0] && due[0].at < effectiveAt) measured = countedAnew(program, measured, due.shift()!.promoted)
    measured = counted(program, measured, happeningOf(program, event, returns.get(event.document.id)))
  }
  for (const { promoted } of due) measured = countedAnew(program, measured, promoted)
  const others = Object.entries(counters).filter(([key]) => !key.startsWith(measuresPrefix))
  return { ...Object.fromEntries(others), ...measured }
}

/** What a recorded document is worth to the measures of tiers, less what has come back of it since. */
function happeningOf(
  { timeZone }: Program,
  { document, growthTaken = 0n }: PastEvent,
  returned: readonly SourceDocument[] = [],
): Happening {
  const day = localDate(document.effectiveAt, timeZone)
  const sum = (asset: 'points' | 'growth'): bigint =>
    returned.reduce((left, { awards }) => left - given(awards, asset), given(document.awards, asset))
  const gifts = { day, points: sum('points'), growth: sum('growth') }
  switch (document.kind) {
    case 'purchase': {
      // One of which nothing is left never was.
      if (returned.length > 0 && linesLeft(document, returned).length === 0) return { day }
      const spend = returned.reduce((left, { amount = 0n }) => left - amount, document.amount ?? 0n)
      return { ...gifts, spend, visit: true }
    }
    case 'activity':
      return { ...gifts, activity: { code: document.subject!, times: BigInt(document.quantity ?? 1) } }
    // Points that staff corrects are earned by nothing that tiers ask for.
    case 'adjustment':
      return { day, growth: sum('growth') - growthTaken }
    // What a channel has told was earned elsewhere; a return is counted with its purchase.
    case 'balance-sync':
    case 'return':
      return { day }
    default:
      return gifts
  }
}

/** What a return has settled is nobody's to have earned. */
const given = (awards: readonly Award[], of: EarnedAsset): bigint =>
  awards.reduce(
    (sum, { rule, asset, amount }) => (asset === of && !SETTLED.has(rule) ? sum + amount : sum),
    0n,
  )

const SETTLED: ReadonlySet<string> = new Set([REFUND, GRACE, CASH])
