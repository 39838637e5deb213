import type { Environment } from '@marcbachmann/cel-js'
import { Temporal } from 'temporal-polyfill'
import { DAY_MS } from '../values/instant.ts'

const TIMESTAMP = 'google.protobuf.Timestamp'

/** The parts of a moment in a time zone, counted as calendars count them; CEL's own `getMonth()` begins at 0. */
export const CALENDAR_PARTS = {
  year: (at: Temporal.ZonedDateTime) => at.year,
  /** From 1. */
  month: (at: Temporal.ZonedDateTime) => at.month,
  day: (at: Temporal.ZonedDateTime) => at.day,
  /** 1 is Monday, 7 is Sunday. */
  weekday: (at: Temporal.ZonedDateTime) => at.dayOfWeek,
  hour: (at: Temporal.ZonedDateTime) => at.hour,
} as const

export const isCalendarPart = (name: string): name is keyof typeof CALENDAR_PARTS =>
  Object.hasOwn(CALENDAR_PARTS, name)

/** What conditions over members may call besides what CEL has. `sql.ts` says the same in SQL. */
export function registerMemberFunctions(environment: Environment): void {
  const shifted = (sign: 1 | -1) => (at: Date, days: bigint) =>
    new Date(at.getTime() + sign * Number(days) * DAY_MS)
  environment.registerFunction(`${TIMESTAMP}.plusDays(int): ${TIMESTAMP}`, shifted(1))
  environment.registerFunction(`${TIMESTAMP}.minusDays(int): ${TIMESTAMP}`, shifted(-1))
  environment.registerFunction(`daysBetween(${TIMESTAMP}, ${TIMESTAMP}): int`, (from: Date, to: Date) =>
    BigInt(Math.floor((to.getTime() - from.getTime()) / DAY_MS)),
  )
  for (const [name, part] of Object.entries(CALENDAR_PARTS)) {
    environment.registerFunction(`${TIMESTAMP}.${name}(string): int`, (at: Date, zone: string) =>
      BigInt(part(Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone))),
    )
  }
  // Stands for another condition, which takes its place before this one is compiled; see `compileMemberCondition`.
  environment.registerFunction('inSegment(string): bool', () => {
    throw new Error('inSegment is expanded before a condition runs')
  })
}
