import {
  DAY_MS,
  endOfDay,
  type Instant,
  type LocalDate,
  localDate,
  startOfDay,
} from '../../../kernel/values/instant.ts'

export interface PurchaseLine {
  readonly sku?: string
  readonly category?: string
  readonly quantity: number
  /** Minor units of the programme's currency, the whole line. */
  readonly amount: bigint
}

/** Where and when something happened. */
export interface EventSource {
  readonly channel: string
  readonly store: string | undefined
  /** In whose shop of the coalition; absent: the brand's. */
  readonly partner?: string | undefined
  readonly occurredAt: Instant
}

/** What conditions may know of a member. */
export interface MemberStanding {
  readonly tier: string
  readonly tags: readonly string[]
}

export type EventFacts = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export const memberFacts = ({ tier, tags }: MemberStanding) => ({ tier, tags: [...tags], plan: '' })

export function placeFacts({ channel, store, partner, occurredAt }: EventSource, timeZone: string) {
  const date = localDate(occurredAt, timeZone)
  return {
    channel,
    store: store ?? '',
    partner: partner ?? '',
    date,
    weekday: BigInt(weekday(date)),
    hour: BigInt(wallHour(occurredAt, date, timeZone)),
  }
}

export const lineFacts = (line: PurchaseLine) => ({
  sku: line.sku ?? '',
  category: line.category ?? '',
  quantity: BigInt(line.quantity),
  amount: line.amount,
})

/** ISO 8601: Monday is 1. */
const weekday = (date: LocalDate): number => ((new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7) + 1

const HOUR_MS = 3_600_000

/** What the clock on the wall shows; on a day on which it is changed, not the hours since midnight. */
function wallHour(at: Instant, date: LocalDate, zone: string): number {
  const start = startOfDay(date, zone)
  if (endOfDay(date, zone) - start === DAY_MS) return Math.floor((at - start) / HOUR_MS)
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, hour: 'numeric', hourCycle: 'h23' })
  return Number(format.format(at))
}
