import { Temporal } from 'temporal-polyfill'
import { type Instant, isTimeZone } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import { checkText } from './text.ts'

export type ConsentPurpose = 'MARKETING' | 'PROFILING' | 'PARTNER_SHARING' | 'SURVEYS' | 'LOCATION'
export type ContactChannel = 'SMS' | 'WECHAT' | 'APP_PUSH' | 'EMAIL' | 'PHONE' | 'POST'

/** What a person said of a purpose: of one channel, or of all at once. */
export interface ConsentStatement {
  readonly purpose: ConsentPurpose
  readonly channel: ContactChannel | 'ANY'
  readonly given: boolean
  readonly policyVersion: string
  readonly statedBy: string
  readonly statedThrough: string | undefined
  readonly statedAt: Instant
}

export const checkPolicyVersion = (given: string): Result<string, 'CONSENT_NOT_VALID'> => {
  const version = checkText(given, 64)
  return version.ok
    ? version
    : fail('CONSENT_NOT_VALID', { path: ['policyVersion'], details: { reason: version.refusal.code } })
}

/** The last word on each purpose and channel; `statements` oldest first. A word on all channels replaces those before. */
export function currentConsents(statements: readonly ConsentStatement[]): ConsentStatement[] {
  const current = new Map<string, ConsentStatement>()
  for (const statement of statements) {
    if (statement.channel === 'ANY') {
      for (const [key, other] of current) if (other.purpose === statement.purpose) current.delete(key)
    }
    current.set(`${statement.purpose} ${statement.channel}`, statement)
  }
  return [...current.values()]
}

/** Which of two members' words counts when they turn out to be one person. */
export type ConsentPolicy = 'STRICTER' | 'LATER'

/** How an id was joined to a person's others. */
export interface Joined {
  readonly at: Instant
  readonly policy: ConsentPolicy
  /** How much had been said under each id by then. */
  readonly said: Readonly<Record<string, number>>
}

/** What was said under one id of a person, oldest first; `merged`: how it was joined to the others. */
interface Said {
  readonly holderId: string
  readonly statements: readonly ConsentStatement[]
  readonly merged: Joined | undefined
}

/**
 * All that a person said under several ids as one list of which the last word counts. By the stricter policy a refusal that
 * stood on either side when an id was joined stands, whatever the other had said, until the person speaks again.
 */
export function combineConsents(said: readonly Said[]): ConsentStatement[] {
  const joins = said
    .filter(({ merged }) => merged !== undefined)
    .toSorted((a, b) => a.merged!.at - b.merged!.at)
  let known = said
    .flatMap((by) => by.statements.map((statement, index) => ({ statement, index, by })))
    .toSorted((a, b) => a.statement.statedAt - b.statement.statedAt)
  for (const joined of joins) {
    const { at, policy, said: counts } = joined.merged!
    const wasBefore = ({ statement, index, by }: (typeof known)[number]): boolean => {
      const count = counts[by.holderId]
      return count === undefined ? statement.statedAt <= at : index < count
    }
    const before = known.filter(wasBefore)
    const others = before.filter(({ by }) => by !== joined && (by.merged?.at ?? at) <= at)
    const sides = [others, before.filter(({ by }) => by === joined)]
    const refusals = policy === 'LATER' ? [] : sides.flatMap(standingRefusals)
    known = [...before, ...refusals, ...known.filter((one) => !wasBefore(one))]
  }
  return known.map(({ statement }) => statement)
}

function standingRefusals<One extends { readonly statement: ConsentStatement }>(side: readonly One[]): One[] {
  const current = new Set(currentConsents(side.map(({ statement }) => statement)))
  return side.filter(({ statement }) => !statement.given && current.has(statement))
}

/** Whether a person agreed to be addressed for a purpose through a channel. Silence is no consent. */
export function hasConsent(
  statements: readonly ConsentStatement[],
  purpose: ConsentPurpose,
  channel: ContactChannel,
): boolean {
  const said = statements.filter(
    (one) => one.purpose === purpose && (one.channel === channel || one.channel === 'ANY'),
  )
  return said.at(-1)?.given ?? false
}

/** Hours of the day in which nobody is to be disturbed, `22:00` to `08:00`; the end may be the next day's. */
export interface QuietHours {
  readonly from: string
  readonly to: string
  readonly timeZone: string
}

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/

export function checkQuietHours(given: QuietHours): Result<QuietHours, 'QUIET_HOURS_NOT_VALID'> {
  for (const field of ['from', 'to'] as const) {
    if (!CLOCK.test(given[field])) return fail('QUIET_HOURS_NOT_VALID', { path: ['quietHours', field] })
  }
  if (given.from === given.to) return fail('QUIET_HOURS_NOT_VALID', { path: ['quietHours', 'to'] })
  if (!isTimeZone(given.timeZone)) return fail('QUIET_HOURS_NOT_VALID', { path: ['quietHours', 'timeZone'] })
  return ok(given)
}

/** Until when nobody is to be disturbed; undefined if it is not quiet now. */
export function quietUntil({ from, to, timeZone }: QuietHours, now: Instant): Instant | undefined {
  const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone)
  const time = local.toPlainTime().toString().slice(0, 5)
  const overnight = from > to
  const quiet = overnight ? time >= from || time < to : time >= from && time < to
  if (!quiet) return undefined
  const day = overnight && time >= from ? local.toPlainDate().add({ days: 1 }) : local.toPlainDate()
  return day.toZonedDateTime({ timeZone, plainTime: to }).epochMilliseconds as Instant
}

export type ContactVerdict =
  | { readonly verdict: 'ALLOWED' | 'NO_CONSENT'; readonly until: undefined }
  | { readonly verdict: 'QUIET'; readonly until: Instant }

/** May a person be addressed now? */
export function judgeContact(
  known: { readonly statements: readonly ConsentStatement[]; readonly quietHours: QuietHours | undefined },
  purpose: ConsentPurpose,
  channel: ContactChannel,
  now: Instant,
): ContactVerdict {
  if (!hasConsent(known.statements, purpose, channel)) return { verdict: 'NO_CONSENT', until: undefined }
  const until = known.quietHours && quietUntil(known.quietHours, now)
  return until === undefined ? { verdict: 'ALLOWED', until } : { verdict: 'QUIET', until }
}
