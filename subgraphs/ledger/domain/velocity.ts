import {
  addDays,
  DAY_MS,
  type Instant,
  localDate,
  startOfDay,
  toIso,
} from '../../../kernel/values/instant.ts'
import type { Counters } from './earn-counters.ts'

/** What limits of speed count: documents of a kind, or points earned. */
export type VelocitySubject = 'purchase' | 'activity' | 'redemption' | 'points'

/** How much one member may do in an hour or a day, as it is written. */
export interface VelocityDocument {
  readonly id: string
  readonly on: VelocitySubject
  readonly per: 'hour' | 'day'
  readonly most: number
  /** What happens to what goes beyond it: it is refused, or done and flagged. */
  readonly over?: 'reject' | 'flag'
}

export type VelocityLimit = Required<VelocityDocument>

export interface Exceeded {
  readonly limit: VelocityLimit
  /** The hour (in UTC) or the day (of the programme). */
  readonly window: string
  readonly opensAt: Instant
}

interface Calendar {
  readonly timeZone: string
  readonly keptDays: number
}

const HOUR_MS = 3_600_000
/** Counters of caps and stages begin otherwise, and live by other rules. */
const MARK = 'v:'

export type VelocityCounts = Readonly<Partial<Record<VelocitySubject, bigint>>>

/** The limits that so much more would go beyond, in the hour and the day of a moment. */
export function exceeded(
  limits: readonly VelocityLimit[],
  counters: Counters,
  { counts, at }: { readonly counts: VelocityCounts; readonly at: Instant },
  { timeZone }: Pick<Calendar, 'timeZone'>,
): Exceeded[] {
  return limits.flatMap((limit) => {
    const count = counts[limit.on] ?? 0n
    const window = windowOf(limit, at, timeZone)
    if (count === 0n || (counters[keyOf(limit, window)] ?? 0n) + count <= BigInt(limit.most)) return []
    return [{ limit, window, opensAt: opening(limit, at, timeZone) }]
  })
}

/** The counters with what was done at a moment. Hours and days of long ago are forgotten. */
export function counted(
  limits: readonly VelocityLimit[],
  before: Counters,
  { counts, at }: { readonly counts: VelocityCounts; readonly at: Instant },
  { timeZone, keptDays }: Calendar,
): Counters {
  const changes: Record<string, bigint> = {}
  for (const limit of limits) {
    const count = counts[limit.on] ?? 0n
    if (count === 0n) continue
    const key = keyOf(limit, windowOf(limit, at, timeZone))
    changes[key] = (before[key] ?? 0n) + count
  }
  if (Object.keys(changes).length === 0) return before
  const horizon = toIso((at - keptDays * DAY_MS) as Instant).slice(0, DAY_LENGTH)
  const isKept = ([key]: [string, bigint]): boolean => !key.startsWith(MARK) || dayOfKey(key) >= horizon
  return { ...Object.fromEntries(Object.entries(before).filter(isKept)), ...changes }
}

const DAY_LENGTH = '2026-01-01'.length

const keyOf = ({ id }: VelocityLimit, window: string): string => `${MARK}${id}#${window}`
const dayOfKey = (key: string): string => key.slice(key.lastIndexOf('#') + 1).slice(0, DAY_LENGTH)

const windowOf = ({ per }: VelocityLimit, at: Instant, zone: string): string =>
  per === 'day' ? localDate(at, zone) : toIso((Math.floor(at / HOUR_MS) * HOUR_MS) as Instant).slice(0, 13)

const opening = ({ per }: VelocityLimit, at: Instant, zone: string): Instant =>
  per === 'day'
    ? startOfDay(addDays(localDate(at, zone), 1), zone)
    : (((Math.floor(at / HOUR_MS) + 1) * HOUR_MS) as Instant)
