import { NotFoundError } from '../../../kernel/errors.ts'
import type { LedgerContext } from '../context.ts'
import type { Program as ProgramSource } from '../domain/program.ts'
import { pickProgram, readSource } from '../store/programs.ts'

export const Program = {
  async __resolveReference({ id }: { id: string }, ctx: LedgerContext): Promise<ProgramSource> {
    const program = pickProgram(await ctx.services.programs.current(), id)
    if (!program) throw new NotFoundError('programme', id)
    return program
  },
  document: async (
    { key, version: current }: ProgramSource,
    { version }: { version?: number | null },
    ctx: LedgerContext,
  ) => (await readSource(ctx.db.query, key, version ?? current)) ?? null,
  name: ({ name }: ProgramSource, _: unknown, ctx: LedgerContext) => name[ctx.language],
}
