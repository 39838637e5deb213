import { addDays, localDate } from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import { sumDays } from '../store/day-sums.ts'

/** Days that are not summed yet, today among them: a clock that is off by a day records into none that is. */
const OPEN_DAYS = 3

/** Sums the entries of days that are over, programme by programme, so that reports need not read all that ever was. */
export async function sumPastDays(ctx: LedgerContext): Promise<void> {
  for (const { key: programKey, timeZone } of await ctx.services.programs.current()) {
    const through = addDays(localDate(ctx.now, timeZone), -OPEN_DAYS)
    await ctx.db.transaction((tx) => sumDays(tx, { programKey, timeZone, through }))
  }
}
