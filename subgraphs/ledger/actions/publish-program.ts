import { principalName } from '../../../kernel/auth/principal.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import type { ProgramDocument } from '../domain/program.ts'
import { type ProgramFault, readProgram } from '../domain/read-program.ts'
import { lockProgram, saveProgram } from '../store/programs.ts'

export interface Publication {
  readonly document: ProgramDocument | undefined
  readonly programKey: number | undefined
  readonly duplicate: boolean
  readonly faults: readonly ProgramFault[]
}

/** Checks a program document and, unless it is a dry run, makes it the current version of its programme. */
export async function publishProgram(
  ctx: LedgerContext,
  source: string,
  dryRun: boolean,
): Promise<Result<Publication, 'VERSION_NOT_HIGHER'>> {
  const { document, faults } = readProgram(source)
  if (!document) return ok({ document, programKey: undefined, duplicate: false, faults })
  return ctx.db.transaction(async (tx) => {
    const published = await lockProgram(tx, document.program)
    if (published?.source === source) {
      return ok({ document, programKey: published.programKey, duplicate: true, faults })
    }
    if (published && document.version <= published.version) {
      return fail('VERSION_NOT_HIGHER', {
        path: ['version'],
        details: { published: String(published.version) },
      })
    }
    if (dryRun) return ok({ document, programKey: undefined, duplicate: false, faults })
    tx.onCommit(() => ctx.services.programs.forget())
    const programKey = await saveProgram(tx, document, source, principalName(ctx.principal), ctx.now)
    await publish(tx, [
      {
        type: 'ledger.ProgramPublished',
        occurredAt: ctx.now,
        payload: {
          program: document.program,
          version: document.version,
          name: document.name,
          timeZone: document.timeZone,
          tiers: document.tiers.map(({ id, name }) => ({ id, name })),
          benefits: document.benefits ?? [],
          campaigns: document.campaigns ?? [],
          tags: document.tags ?? [],
          attributes: document.attributes ?? [],
        },
      },
    ])
    return ok({ document, programKey, duplicate: false, faults })
  })
}
