import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { type ApplyTiersInput, applyTiers as apply } from '../../actions/apply-tiers.ts'
import type { LedgerContext } from '../../context.ts'

export const applyTiers = async (_: unknown, { input }: { input: ApplyTiersInput }, ctx: LedgerContext) =>
  mutationPayload('run', await apply(ctx, input), ctx)
