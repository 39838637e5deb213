import { BadInputError } from '../../../../kernel/errors.ts'
import { refusalPayload } from '../../../../kernel/graphql/refusal.ts'
import { isLocalDate, type LocalDate } from '../../../../kernel/values/instant.ts'
import { fail, type Refusal } from '../../../../kernel/values/result.ts'
import { type DryRunReport, dryRunProgram } from '../../actions/dry-run-program.ts'
import { publishProgram as publish } from '../../actions/publish-program.ts'
import type { LedgerContext } from '../../context.ts'
import type { DryRunOutcome } from '../../domain/dry-run.ts'
import type { Program } from '../../domain/program.ts'
import type { ProgramFault } from '../../domain/read-program.ts'
import { worthIn } from '../finance.ts'

export async function publishProgram(
  _: unknown,
  { document: source, dryRun, from }: { document: string; dryRun?: boolean | null; from?: string | null },
  ctx: LedgerContext,
) {
  if (from && !isLocalDate(from)) throw new BadInputError('from is not a day of the calendar.')
  const result = await publish(ctx, source, dryRun ?? false)
  if (!result.ok) return { duplicate: false, faults: [], refusal: refused(result.refusal, ctx) }
  const { document, programKey, duplicate, faults } = result.value
  if (!document) return { duplicate: false, faults, refusal: refused(notValid(faults[0]!), ctx) }
  const { version } = document
  const program =
    programKey === undefined ? null : await ctx.services.programs.version(ctx.db.query, programKey, version)
  const report = dryRun
    ? await dryRunProgram(ctx, document, (from ?? undefined) as LocalDate | undefined)
    : undefined
  return { program, version, duplicate, faults, dryRun: report && dryRunOf(report) }
}

function dryRunOf({ from, run, current, draft }: DryRunReport) {
  const outcome = (program: Program, of: DryRunOutcome) => ({
    ...of,
    cost: worthIn(program, of.pointsRedeemed),
    liability: worthIn(program, of.outstanding),
  })
  return {
    from,
    members: run.members,
    current: current && run.current ? outcome(current, run.current) : null,
    draft: outcome(draft, run.draft),
    moves: run.moves,
  }
}

const refused = (refusal: Refusal, ctx: LedgerContext) => refusalPayload(refusal, ctx.messages, ctx.language)

const notValid = ({ line, path, message }: ProgramFault): Refusal =>
  fail('DOCUMENT_NOT_VALID', {
    path: ['document'],
    details: { line: String(line), fault: `${path} ${message}`.trim() },
  }).refusal
