import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { decideTier, type TierDecisionInput } from '../../actions/decide-tier.ts'
import type { LedgerContext } from '../../context.ts'

/** `approveTierUpgrade` and `refuseTierUpgrade`. */
const decision =
  (approved: boolean) =>
  async (_: unknown, { input }: { input: TierDecisionInput }, ctx: LedgerContext) => {
    const result = await decideTier(ctx, input, approved)
    if (!result.ok) return mutationPayload('account', result, ctx)
    const { program, document } = result.value
    return { account: { memberId: document.memberId, program } }
  }

export const approveTierUpgrade = decision(true)
export const refuseTierUpgrade = decision(false)
