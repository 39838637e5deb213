import { type Instant, localDate } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { Counters } from './earn-counters.ts'

/** Who may give points to whom, as it is written and as it is decided by. */
export interface TransferRules {
  readonly within: 'household' | 'anyone'
  /** Points that a member may send in a calendar year; absent: as many as there are. */
  readonly perYear?: number
  /** At least so many at once. */
  readonly minimum?: number
}

export type SendRefusal =
  | 'TRANSFER_NOT_OFFERED'
  | 'POINTS_NOT_POSITIVE'
  | 'TRANSFER_LIMIT_REACHED'
  | 'INSUFFICIENT_POINTS'

/** Whether so many points may be sent, and what is counted then. Guards stand in order of precedence. */
export function decideSend(
  rules: TransferRules | undefined,
  wanted: {
    readonly points: bigint
    readonly available: bigint
    readonly counters: Counters
    readonly at: Instant
    readonly timeZone: string
  },
): Result<Counters, SendRefusal> {
  const { points, available, counters, at, timeZone } = wanted
  if (!rules) return fail('TRANSFER_NOT_OFFERED')
  const minimum = BigInt(rules.minimum ?? 1)
  if (points < minimum) return fail('POINTS_NOT_POSITIVE', { path: ['points'] })
  const key = `${SENT}${localDate(at, timeZone).slice(0, 4)}`
  const sent = counters[key] ?? 0n
  if (rules.perYear !== undefined && sent + points > BigInt(rules.perYear)) {
    const left = BigInt(rules.perYear) - sent
    return fail('TRANSFER_LIMIT_REACHED', {
      path: ['points'],
      details: { limit: String(rules.perYear), left: String(left > 0n ? left : 0n) },
    })
  }
  if (points > available) {
    return fail('INSUFFICIENT_POINTS', { path: ['points'], details: { available: available.toString() } })
  }
  if (rules.perYear === undefined) return ok(counters)
  const others = Object.entries(counters).filter(([name]) => !name.startsWith(SENT) || name === key)
  return ok({ ...Object.fromEntries(others), [key]: sent + points })
}

/** Not a cap's counter: those name their period behind an `@`, and are forgotten by other rules. */
const SENT = 't:sent#'
