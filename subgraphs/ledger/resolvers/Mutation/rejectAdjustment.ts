import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { type DecideInput, decideAdjustment } from '../../actions/decide-adjustment.ts'
import type { LedgerContext } from '../../context.ts'

export const rejectAdjustment = async (_: unknown, { input }: { input: DecideInput }, ctx: LedgerContext) =>
  mutationPayload('adjustment', await decideAdjustment(ctx, input, false), ctx)
