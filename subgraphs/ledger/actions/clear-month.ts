import {
  addMonths,
  type Instant,
  type LocalDate,
  localDate,
  startOfDay,
} from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import { burnedPoints } from '../domain/burned-points.ts'
import { type Burned, type ClearingLine, clearingLine, issuerOf, shopOf } from '../domain/coalition.ts'
import { lotsFrom } from '../domain/entry.ts'
import { splitLots } from '../domain/hold.ts'
import type { Program } from '../domain/program.ts'
import { type History, replay } from '../domain/replay.ts'
import { accountName } from '../store/accounts.ts'
import {
  type BurnedAt,
  type CapturedHold,
  type Recorded,
  readBurned,
  readCaptured,
  readClearing,
  readReattributed,
  saveClearing,
} from '../store/clearing.ts'
import { readHistories } from '../store/histories.ts'

/**
 * What partners owe each other for a month. Burns count by the entries that were recorded in it; of members of whom something
 * came late, was taken back, or repaid a debt in it, what it says now of all their burns counts less what it said before.
 */
export async function clearMonth(
  ctx: LedgerContext,
  program: Program,
  month: string,
): Promise<ClearingLine[]> {
  const [first, next] = bounds(month)
  const { query } = ctx.db
  const { key: programKey, timeZone } = program
  const recorded = { programKey, from: startOfDay(first, timeZone), until: startOfDay(next, timeZone) }
  const { from, until } = recorded
  const again = await readReattributed(query, recorded)
  const burned = [
    ...(await readBurned(query, recorded, again)),
    ...(await readCaptured(query, recorded, again)).flatMap((hold) => capturedIn(hold, from, until)),
  ]
  const sums = new Map<string, Burned>()
  const add = ({ issuer, honourer, points }: Burned): void => {
    const name = `${issuer}/${honourer}`
    sums.set(name, { issuer, honourer, points: points + (sums.get(name)?.points ?? 0n) })
  }
  for (const { lotClass, ruleVersion, points, ...source } of burned) {
    // Whose shop it was then is what counts.
    const rules = await ctx.services.programs.version(query, programKey, ruleVersion)
    add({ issuer: issuerOf(lotClass), honourer: shopOf(rules.coalition, source), points })
  }
  for (let index = 0; index < again.length; index += CHUNK)
    for (const each of await changedIn(ctx, program, again.slice(index, index + CHUNK), recorded)) add(each)
  return [...sums.values()]
    .filter(({ points }) => points !== 0n)
    .map((line) => clearingLine(program.coalition!, line))
    .sort((a, b) => (`${a.issuer}/${a.honourer}` < `${b.issuer}/${b.honourer}` ? -1 : 1))
}

/** Accounts are played again so many at a time. */
const CHUNK = 200

/** By how much a month has changed whose points some members have burned where, in order of effect. */
async function changedIn(
  ctx: LedgerContext,
  program: Program,
  memberIds: readonly string[],
  { programKey, from, until }: Recorded,
): Promise<Burned[]> {
  const keys = memberIds.map((memberId) => ({ memberId, programKey, program }))
  const histories = await readHistories(ctx.db.query, ctx.services.programs, keys)
  return keys.flatMap((key) => {
    const history = histories.get(accountName(key))!
    const before = burnedBy(key.memberId, history, from).map((each) => ({ ...each, points: -each.points }))
    return [...before, ...burnedBy(key.memberId, history, until)]
  })
}

/** As it was on record at a moment. */
function burnedBy(memberId: string, history: History, until: Instant): Burned[] {
  const past = history.past.filter(({ document, recordedAt }) => (recordedAt ?? document.effectiveAt) < until)
  const { book } = replay(memberId, { ...history, past }, until)
  return burnedPoints(book.entries, { past })
}

/** The lots of captures within a month: each takes the first that those before it have left. */
function capturedIn({ lots, captures }: CapturedHold, from: Instant, until: Instant): BurnedAt[] {
  let left = lotsFrom(lots).map(({ expiresOn, lotClass, amount }) => ({
    expiresOn,
    lotClass,
    amount: -amount,
  }))
  return captures.flatMap(({ recordedAt, points, ...source }) => {
    const { first, rest } = splitLots(left, points)
    left = [...rest]
    if (recordedAt < from || recordedAt >= until) return []
    return first.map(({ lotClass, amount }) => ({ ...source, lotClass, points: amount }))
  })
}

/** A kept month as it was kept; any other as the books have it now. */
export async function readMonth(
  ctx: LedgerContext,
  program: Program,
  month: string,
): Promise<{ lines: ClearingLine[]; final: boolean; matchesBooks: boolean }> {
  const kept = await readClearing(ctx.db.query, program.key, month)
  const now = await clearMonth(ctx, program, month)
  return { lines: kept ?? now, final: kept !== undefined, matchesBooks: !kept || sameBurns(kept, now) }
}

/** Keeps the figures of the month before this one, in every programme with partners. */
export async function keepLastMonth(ctx: LedgerContext): Promise<void> {
  for (const program of await ctx.services.programs.current()) {
    if (!program.coalition) continue
    const month = addMonths(localDate(ctx.now, program.timeZone), -1).slice(0, 7)
    if (await readClearing(ctx.db.query, program.key, month)) continue
    const lines = await clearMonth(ctx, program, month)
    await ctx.db.transaction((tx) => saveClearing(tx, program.key, month, lines, ctx.now))
  }
}

const bounds = (month: string): [LocalDate, LocalDate] => {
  const first = `${month}-01` as LocalDate
  return [first, addMonths(first, 1)]
}

/** The rate may have changed since; what was burned may not. */
const sameBurns = (a: readonly ClearingLine[], b: readonly ClearingLine[]): boolean => {
  const names = (lines: readonly ClearingLine[]) =>
    lines
      .map(({ issuer, honourer, points }) => `${issuer}/${honourer} ${points}`)
      .sort()
      .join()
  return names(a) === names(b)
}
