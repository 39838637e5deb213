import type { LedgerContext } from '../context.ts'
import type { Flag } from '../store/flags.ts'

export const LedgerFlag = {
  program: async ({ programKey }: Flag, _: unknown, ctx: LedgerContext) =>
    (await ctx.services.programs.current()).find(({ key }) => key === programKey)?.id,
  evidence: ({ evidence }: Flag) => Object.entries(evidence).map(([name, value]) => ({ name, value })),
  state: ({ state }: Flag) => state.toUpperCase(),
  resolvedBy: ({ resolvedBy }: Flag) => resolvedBy ?? null,
  resolvedAt: ({ resolvedAt }: Flag) => resolvedAt ?? null,
  note: ({ note }: Flag) => note ?? null,
}
