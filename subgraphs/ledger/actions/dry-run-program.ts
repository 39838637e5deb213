import {
  addMonths,
  type Instant,
  type LocalDate,
  localDate,
  startOfDay,
} from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import { DryRun } from '../domain/dry-run.ts'
import { compileProgram, type Program, type ProgramDocument } from '../domain/program.ts'
import { readMembersAfter, readPastEvents } from '../store/past-events.ts'

/** Members whose events are read together. */
const CHUNK = 500

export interface DryRunReport {
  readonly from: LocalDate
  readonly current: Program | undefined
  readonly draft: Program
  readonly run: DryRun
}

/**
 * Lets the events that are on record happen by a document's rules and by those of the current version, each from empty
 * accounts, from a day on. Campaigns are left out of both. Reads only.
 */
export async function dryRunProgram(
  ctx: LedgerContext,
  document: ProgramDocument,
  from: LocalDate | undefined,
): Promise<DryRunReport> {
  const current = (await ctx.services.programs.current()).find(({ id }) => id === document.program)
  const draft = compileProgram(current?.key ?? 0, document)
  const first = from ?? yearBefore(localDate(ctx.now, draft.timeZone))
  const run = new DryRun(current, draft, ctx.now)
  if (current) await liveAll(ctx, run, current.key, startOfDay(first, draft.timeZone))
  return { from: first, current, draft, run }
}

async function liveAll(ctx: LedgerContext, run: DryRun, programKey: number, from: Instant): Promise<void> {
  let after: string | undefined
  for (;;) {
    const members = await readMembersAfter(ctx.db.query, programKey, after, CHUNK)
    const events = await readPastEvents(ctx.db.query, programKey, members, from)
    for (const [memberId, those] of events) run.live(memberId, those)
    if (members.length < CHUNK) return
    after = members.at(-1)
  }
}

const yearBefore = (today: LocalDate): LocalDate => addMonths(today, -12)
