import { NEVER } from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import type { LotView } from '../store/reads.ts'

export const Lot = {
  expiresOn: ({ expiresOn }: LotView) => (expiresOn === NEVER ? null : expiresOn),

  async earned({ memberId, programKey, expiresOn, lotClass }: LotView, _: unknown, ctx: LedgerContext) {
    const earned = await ctx.loaders.lotsEarned.load({ memberId, programKey })
    return earned.get(`${expiresOn}/${lotClass}`) ?? 0n
  },
}
