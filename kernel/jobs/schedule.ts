import { DAY_MS, HOUR_MS, type Instant } from '../values/instant.ts'
import type { Schedule } from './define-job.ts'

const EVERY_MS: Record<Schedule, number> = {
  'every minute': 60_000,
  'every hour': HOUR_MS,
  'every day': DAY_MS,
}

const CRONTAB: Record<Schedule, string> = {
  'every minute': '* * * * *',
  'every hour': '0 * * * *',
  'every day': '5 0 * * *',
}

export const crontabLine = (name: string, schedule: Schedule): string => `${CRONTAB[schedule]} ${name}`

/**
 * The moments in (from, to] at which a clock that is moved stops to let a scheduled job run. Jobs that come round
 * more often than daily run once a day on the way: a year must not take half a million stops.
 */
export function stopsBetween(from: Instant, to: Instant, schedule: Schedule): Instant[] {
  const step = Math.max(EVERY_MS[schedule], DAY_MS)
  const stops: Instant[] = []
  for (let at = (Math.floor(from / step) + 1) * step; at < to; at += step) stops.push(at as Instant)
  stops.push(to)
  return stops
}
