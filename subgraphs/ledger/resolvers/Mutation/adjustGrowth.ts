import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { type AdjustInput, adjustAccount } from '../../actions/adjust-account.ts'
import type { LedgerContext } from '../../context.ts'

interface AdjustGrowthInput extends Omit<AdjustInput, 'asset' | 'amount'> {
  readonly growth: bigint
}

export const adjustGrowth = async (
  _: unknown,
  { input }: { input: AdjustGrowthInput },
  ctx: LedgerContext,
) => {
  const { growth: amount, ...rest } = input
  return mutationPayload('adjustment', await adjustAccount(ctx, { ...rest, asset: 'growth', amount }), ctx)
}
