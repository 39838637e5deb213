import { addDays, localDate } from '../../../kernel/values/instant.ts'
import type { AccountBook, Occasion } from './account-book.ts'
import type { EarnedAsset } from './asset.ts'
import type { Award, EarnEvent, Rating } from './earn.ts'
import { pendingOf } from './explain.ts'
import type { Happening } from './measures.ts'
import { classOf } from './origin-class.ts'
import type { Program } from './program.ts'
import { lastDay } from './validity.ts'
import type { PendingLot } from './wallet.ts'

/** Enters what an event has earned, and what it was counted with. An activity first releases what has waited for it. */
export function enterEarning(
  program: Program,
  book: AccountBook,
  event: EarnEvent,
  { awards, counters, consulted }: Pick<Rating, 'awards' | 'counters' | 'consulted'>,
  occasion: Occasion,
): void {
  if (event.kind === 'activity') book.matureBy(event.code, occasion)
  book.counters = counters
  book.count(happeningOf(program, event, awards))
  if (consulted !== undefined) book.fix(occasion.at)
  enterAwards(program, book, awards, occasion)
  book.rise(occasion)
  if (event.kind === 'activity') book.followActivity(event.code, occasion)
}

/** What an event is worth to the measures of tiers; points count when they are given, available or not. */
function happeningOf({ timeZone }: Program, event: EarnEvent, awards: readonly Award[]): Happening {
  const sum = (asset: EarnedAsset): bigint =>
    awards.reduce((total, award) => (award.asset === asset ? total + award.amount : total), 0n)
  const gifts = {
    day: localDate(event.occurredAt, timeZone),
    points: sum('points'),
    growth: sum('growth'),
  }
  return event.kind === 'purchase'
    ? { ...gifts, spend: event.lines.reduce((total, line) => total + line.amount, 0n), visit: true }
    : { ...gifts, activity: { code: event.code, times: BigInt(event.quantity ?? 1) } }
}

/** What is available at once is one entry, what has to wait another. Nothing at all is on record, too. */
export function enterAwards(
  program: Program,
  book: AccountBook,
  awards: readonly Award[],
  occasion: Occasion,
): void {
  const atOnce = { points: 0n, growth: 0n }
  const waiting = { points: [] as PendingLot[], growth: [] as PendingLot[] }
  for (const { rule, asset, amount } of awards) {
    const lot = pendingLot(program, book, rule, asset, amount, occasion)
    if (lot) waiting[asset].push(lot)
    else atOnce[asset] += amount
  }
  const parts = (['points', 'growth'] as const).flatMap((asset) =>
    waiting[asset].length > 0 ? [{ asset, lots: merged(waiting[asset]) }] : [],
  )
  if (parts.length > 0) book.await(parts, occasion)
  if (parts.length === 0 || atOnce.points > 0n || atOnce.growth > 0n) book.credit('earn', atOnce, occasion)
}

function pendingLot(
  program: Program,
  book: AccountBook,
  rule: string,
  asset: EarnedAsset,
  remaining: bigint,
  { at, issuer = '' }: Occasion,
): PendingLot | undefined {
  const pending = pendingOf(program, rule, asset)
  if (!pending || ('days' in pending && pending.days === 0)) return undefined
  const today = localDate(at, program.timeZone)
  const releaseOn = 'days' in pending ? addDays(today, pending.days) : pending.until
  if (program.validFrom === 'activation')
    return { releaseOn, remaining, ...book.lotOf(asset, at, asset === 'points' ? issuer : '') }
  // What an activity releases gets its last day then.
  const from = program.validFrom === 'release' && 'days' in pending ? addDays(today, pending.days) : today
  return {
    releaseOn,
    expiresOn: lastDay(program.validity[asset], from),
    lotClass: classOf(asset === 'points' ? issuer : '', book.origin),
    remaining,
  }
}

/** What waits for the same and ends with it is one. */
function merged(lots: readonly PendingLot[]): PendingLot[] {
  const sums = new Map<string, PendingLot>()
  for (const lot of lots) {
    const name = `${lot.releaseOn} ${lot.expiresOn} ${lot.lotClass}`
    sums.set(name, { ...lot, remaining: lot.remaining + (sums.get(name)?.remaining ?? 0n) })
  }
  return [...sums.values()]
}
