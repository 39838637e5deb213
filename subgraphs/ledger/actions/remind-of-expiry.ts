import type { NewEvent } from '../../../kernel/events/event.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { addDays, localDate } from '../../../kernel/values/instant.ts'
import type { PointsExpiring } from '../../../schema/events/ledger.ts'
import type { LedgerContext } from '../context.ts'
import type { Program } from '../domain/program.ts'
import { type ExpiringLots, lockReminders, readExpiring, saveReminded } from '../store/reminders.ts'

/** Members in one event. */
const EVENT_MEMBERS_MAX = 500

/**
 * Tells of points that run out soon, in every programme, so many days before as its document says; of each lot once
 * for each number of days, however often and however late this runs. Answers how many it told of.
 */
export async function remindOfExpiry(ctx: LedgerContext): Promise<number> {
  let told = 0
  for (const program of await ctx.services.programs.current()) {
    const days = [...program.remind].sort((a, b) => a - b)
    for (const [index, daysBefore] of days.entries())
      told += await remind(ctx, program, daysBefore, (days[index - 1] ?? -1) + 1)
  }
  return told
}

/** The first time, those are told of who would have been, and whom no shorter notice tells. */
const remind = (ctx: LedgerContext, program: Program, daysBefore: number, first: number): Promise<number> =>
  ctx.db.transaction(async (tx) => {
    const today = localDate(ctx.now, program.timeZone)
    const through = addDays(today, daysBefore)
    const after = await lockReminders(tx, program.key, daysBefore, addDays(today, first))
    if (after >= through) return 0
    // Whoever was not told in time, for nobody ran this, is told while the points are still there.
    const lots = await readExpiring(tx, program.key, after < today ? addDays(today, -1) : after, through)
    await publish(tx, eventsOf(ctx, program, daysBefore, lots))
    await saveReminded(tx, program.key, daysBefore, through)
    return lots.length
  })

function eventsOf(
  ctx: LedgerContext,
  program: Program,
  daysBefore: number,
  lots: readonly ExpiringLots[],
): NewEvent<'ledger.PointsExpiring', PointsExpiring>[] {
  const events: NewEvent<'ledger.PointsExpiring', PointsExpiring>[] = []
  for (let from = 0; from < lots.length; from += EVENT_MEMBERS_MAX) {
    events.push({
      type: 'ledger.PointsExpiring',
      occurredAt: ctx.now,
      payload: {
        program: program.id,
        daysBefore,
        members: lots.slice(from, from + EVENT_MEMBERS_MAX).map(({ memberId, expiresOn, points }) => ({
          memberId,
          expiresOn,
          points: String(points),
        })),
      },
    })
  }
  return events
}
