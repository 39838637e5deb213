import type { BenefitsContext } from '../context.ts'
import type { Benefit } from '../domain/benefit.ts'
import { formatCode } from '../domain/code.ts'
import {
  type Entitlement as EntitlementValue,
  opaqueEntitlementId,
  parseEntitlementId,
  stateOf,
} from '../domain/entitlement.ts'
import type { BenefitKey } from '../store/benefits.ts'
import type { EntitlementOnPage } from '../store/entitlements.ts'

export const Entitlement = {
  __resolveReference({ id }: { id: string }, ctx: BenefitsContext) {
    const key = parseEntitlementId(id)
    return key && ctx.loaders.entitlement.load(key)
  },
  id: (entitlement: EntitlementValue) => opaqueEntitlementId(entitlement.holderId, entitlement.id),
  benefit: (entitlement: EntitlementValue | EntitlementOnPage, _: unknown, ctx: BenefitsContext) => {
    const { program, benefit: slug, benefitVersion: version } = entitlement
    const known = 'benefitListed' in entitlement && ctx.services.benefits.find({ program, slug, version })
    return known
      ? { ...known, listed: entitlement.benefitListed }
      : readBenefit(ctx, { program, slug, version })
  },
  state: (entitlement: EntitlementValue, _: unknown, ctx: BenefitsContext) => stateOf(entitlement, ctx.now),
  code: (entitlement: EntitlementValue) => formatCode(entitlement.code),
  writeOffs: (entitlement: EntitlementValue, _: unknown, ctx: BenefitsContext) =>
    ctx.loaders.writeOffs.load({ holderId: entitlement.holderId, id: entitlement.id }),
}

async function readBenefit(ctx: BenefitsContext, key: BenefitKey): Promise<Benefit> {
  const benefit = await ctx.loaders.benefitVersion.load(key)
  ctx.services.benefits.keep(benefit)
  return benefit
}
