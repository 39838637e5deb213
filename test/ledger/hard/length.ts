/**
 * The hard tests have two lengths: a short one inside `npm test`, which shows that they strike, and the long one of
 * `npm run test:long`, which shows that the books stand.
 */
export const LONG = process.env.HUITONG_TEST_LONG === '1'

export const times = (short: number, long: number): number => (LONG ? long : short)

/** The long form tells what it saw. */
export function tell(rows: Record<string, Record<string, number | string>>): void {
  // biome-ignore lint/suspicious/noConsole: figures are what the long form is for.
  if (LONG) console.table(rows)
}
