import { unreachable } from '../../../kernel/values/assert.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import { DAY_MS, type Instant } from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import type { Program } from '../domain/program.ts'
import { type WatchPattern, watchedBy, watchedDays } from '../domain/watch.ts'
import {
  busyOperators,
  earlyRedeemers,
  type Finding,
  forgetConduct,
  frequentMembers,
  sharedDevices,
} from '../store/conduct.ts'
import { type NewFlag, raiseFlags } from '../store/flags.ts'

const HOUR_MS = 3_600_000

/** Looks for the patterns of every programme, flags what it finds, and forgets what is too old to be of use. */
export async function watchConduct(ctx: LedgerContext): Promise<void> {
  for (const program of await ctx.services.programs.current()) {
    if (program.watch.length === 0) continue
    for (const pattern of program.watch) {
      const found = await find(ctx, program, pattern)
      await raiseFlags(
        ctx.db.query,
        found.map((finding) => flagOf(program, pattern.id, finding)),
        ctx.now,
      )
    }
    const kept = watchedDays(program.watch) * DAY_MS
    await forgetConduct(ctx.db.query, program.key, (ctx.now - kept) as Instant)
  }
}

function find(ctx: LedgerContext, program: Program, pattern: WatchPattern): Promise<Finding[]> {
  const { key: programKey, timeZone } = program
  const { query } = ctx.db
  const since = (ms: number): Instant => (ctx.now - ms) as Instant
  switch (pattern.pattern) {
    case 'many-members-one-operator':
      return busyOperators(query, {
        programKey,
        timeZone,
        kinds: watchedBy(pattern),
        since: since(2 * DAY_MS),
        members: pattern.members,
      })
    case 'earn-and-return':
      return frequentMembers(query, {
        programKey,
        timeZone,
        kind: 'return',
        since: since(pattern.withinDays * DAY_MS),
        times: pattern.times,
      })
    case 'redemptions-after-sign-up':
      return earlyRedeemers(query, {
        programKey,
        timeZone,
        since: since(pattern.withinHours * HOUR_MS + DAY_MS),
        hours: pattern.withinHours,
        times: pattern.times,
      })
    case 'same-device':
      return sharedDevices(query, {
        programKey,
        timeZone,
        since: since(pattern.withinDays * DAY_MS),
        members: pattern.members,
      })
    default:
      return unreachable(pattern)
  }
}

/** The same finding again has the same id. */
export const flagOf = (program: Program, rule: string, { subject, window, count }: Finding): NewFlag => ({
  id: derivedId('flag', program.id, rule, subject, window),
  programKey: program.key,
  rule,
  subject,
  window,
  evidence: { count: count.toString() },
})
