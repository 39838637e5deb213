import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { type AdjustInput, adjustAccount } from '../../actions/adjust-account.ts'
import type { LedgerContext } from '../../context.ts'

interface AdjustPointsInput extends Omit<AdjustInput, 'asset' | 'amount'> {
  readonly points: bigint
}

export const adjustPoints = async (
  _: unknown,
  { input }: { input: AdjustPointsInput },
  ctx: LedgerContext,
) => {
  const { points: amount, ...rest } = input
  return mutationPayload('adjustment', await adjustAccount(ctx, { ...rest, asset: 'points', amount }), ctx)
}
