import {
  addMonths,
  type Instant,
  type LocalDate,
  localDate,
  startOfDay,
} from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import { type ClearingLine, clearingLine, issuerOf, shopOf } from '../domain/coalition.ts'
import { lotsFrom } from '../domain/entry.ts'
import { splitLots } from '../domain/hold.ts'
import type { Program } from '../domain/program.ts'
import {
  type BurnedAt,
  type CapturedHold,
  readBurned,
  readCaptured,
  readClearing,
  saveClearing,
} from '../store/clearing.ts'

/** What partners owe each other for a month, from the entries that were recorded in it. */
export async function clearMonth(
  ctx: LedgerContext,
  program: Program,
  month: string,
): Promise<ClearingLine[]> {
  const [first, next] = bounds(month)
  const { query } = ctx.db
  const [from, until] = [startOfDay(first, program.timeZone), startOfDay(next, program.timeZone)]
  const burned = [
    ...(await readBurned(query, program.key, from, until)),
    ...(await readCaptured(query, program.key, from, until)).flatMap((hold) => capturedIn(hold, from, until)),
  ]
  const sums = new Map<string, { issuer: string; honourer: string; points: bigint }>()
  for (const { lotClass, ruleVersion, points, ...source } of burned) {
    // Whose shop it was then is what counts.
    const rules = await ctx.services.programs.version(query, program.key, ruleVersion)
    const issuer = issuerOf(lotClass)
    const honourer = shopOf(rules.coalition, source)
    const name = `${issuer}/${honourer}`
    sums.set(name, { issuer, honourer, points: points + (sums.get(name)?.points ?? 0n) })
  }
  return [...sums.values()]
    .filter(({ points }) => points !== 0n)
    .map((line) => clearingLine(program.coalition!, line))
    .sort((a, b) => (`${a.issuer}/${a.honourer}` < `${b.issuer}/${b.honourer}` ? -1 : 1))
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
