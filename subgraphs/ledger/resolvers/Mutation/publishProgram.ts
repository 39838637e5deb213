import { refusalPayload } from '../../../../kernel/graphql/refusal.ts'
import { fail, type Refusal } from '../../../../kernel/values/result.ts'
import { publishProgram as publish } from '../../actions/publish-program.ts'
import type { LedgerContext } from '../../context.ts'
import type { ProgramFault } from '../../domain/read-program.ts'

export async function publishProgram(
  _: unknown,
  { document: source, dryRun }: { document: string; dryRun?: boolean | null },
  ctx: LedgerContext,
) {
  const result = await publish(ctx, source, dryRun ?? false)
  if (!result.ok) return { duplicate: false, faults: [], refusal: refused(result.refusal, ctx) }
  const { document, programKey, duplicate, faults } = result.value
  if (!document) return { duplicate: false, faults, refusal: refused(notValid(faults[0]!), ctx) }
  const { version } = document
  const program =
    programKey === undefined ? null : await ctx.services.programs.version(ctx.db.query, programKey, version)
  return { program, version, duplicate, faults }
}

const refused = (refusal: Refusal, ctx: LedgerContext) => refusalPayload(refusal, ctx.messages, ctx.language)

const notValid = ({ line, path, message }: ProgramFault): Refusal =>
  fail('DOCUMENT_NOT_VALID', {
    path: ['document'],
    details: { line: String(line), fault: `${path} ${message}`.trim() },
  }).refusal
