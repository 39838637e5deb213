import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { type GrantEntitlementInput, grantEntitlement as grant } from '../../actions/grant-entitlement.ts'
import type { BenefitsContext } from '../../context.ts'

export const grantEntitlement = async (
  _: unknown,
  { input }: { input: GrantEntitlementInput },
  ctx: BenefitsContext,
) => mutationPayload('entitlement', await grant(ctx, input), ctx)
