import type { LedgerContext } from '../context.ts'
import { checkLedger } from '../store/check.ts'
import { pickProgram } from '../store/programs.ts'

export const Query = {
  program: async (_: unknown, { id }: { id?: string | null }, ctx: LedgerContext) =>
    pickProgram(await ctx.services.programs.current(), id) ?? null,

  programs: (_: unknown, __: unknown, ctx: LedgerContext) => ctx.services.programs.current(),

  async ledgerCheck(_: unknown, __: unknown, ctx: LedgerContext) {
    const result = await checkLedger(ctx.db)
    return { ...result, clean: result.violations.length === 0 }
  },
}
