import type { LedgerContext } from '../context.ts'
import type { Tier as TierSource } from '../domain/program.ts'

export const Tier = {
  name: ({ name }: TierSource, _: unknown, ctx: LedgerContext) => name[ctx.language],
  discount: ({ discount }: TierSource) => discount ?? null,
}
