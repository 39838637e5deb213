import { formatDecimal } from '../../kernel/values/money.ts'
import { grouped } from './progress.ts'
import { purchasesOf, type Tally } from './tally.ts'

/** The last lines of an import: what it came to, the whole file over. */
export function summaryOf(options: {
  tally: Tally
  badLinesPath: string
  currency: string
  scale: number
  seconds: number
  /** Purchases of this run, and its own time: what came before a restart does not count for the rate. */
  run: { purchases: number; seconds: number }
}): string {
  const { tally, currency, scale, run } = options
  const rate = Math.round(run.purchases / Math.max(run.seconds, 0.001))
  const rows: [string, string][] = [
    ['lines', grouped(tally.lines)],
    ['members', `${grouped(tally.membersNew)} new, ${grouped(tally.membersFound)} known`],
    ['purchases', `${grouped(tally.recorded)} recorded, ${grouped(tally.duplicates)} already there`],
    ['amount', `${groupedDecimal(tally.amount, scale)} ${currency}`],
    ['points', grouped(tally.points)],
    ['bad lines', tally.bad === 0 ? '0' : `${grouped(tally.bad)}, see ${options.badLinesPath}`],
    ['seconds', `${options.seconds.toFixed(1)} (${grouped(rate)} purchases/s)`],
  ]
  return rows.map(([name, value]) => `${name.padEnd(10)} ${value}`).join('\n')
}

/** Every line was bad: most likely map and file do not belong together. */
export const nothingFits = (tally: Tally): boolean => tally.lines > 0 && purchasesOf(tally) === 0

function groupedDecimal(value: bigint, scale: number): string {
  const [whole = '0', fraction] = formatDecimal(value, scale).split('.')
  return fraction === undefined ? grouped(BigInt(whole)) : `${grouped(BigInt(whole))}.${fraction}`
}
