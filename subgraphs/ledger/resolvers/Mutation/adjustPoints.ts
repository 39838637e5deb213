import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { type AdjustInput, adjustPoints as adjust } from '../../actions/adjust-points.ts'
import type { LedgerContext } from '../../context.ts'

export const adjustPoints = async (_: unknown, { input }: { input: AdjustInput }, ctx: LedgerContext) =>
  mutationPayload('adjustment', await adjust(ctx, input), ctx)
