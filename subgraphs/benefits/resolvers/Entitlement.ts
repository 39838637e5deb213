import type { BenefitsContext } from '../context.ts'
import { formatCode } from '../domain/code.ts'
import {
  type Entitlement as EntitlementValue,
  opaqueEntitlementId,
  parseEntitlementId,
  stateOf,
} from '../domain/entitlement.ts'

export const Entitlement = {
  __resolveReference({ id }: { id: string }, ctx: BenefitsContext) {
    const key = parseEntitlementId(id)
    return key && ctx.loaders.entitlement.load(key)
  },
  id: (entitlement: EntitlementValue) => opaqueEntitlementId(entitlement.holderId, entitlement.id),
  benefit: ({ program, benefit, benefitVersion }: EntitlementValue, _: unknown, ctx: BenefitsContext) =>
    ctx.loaders.benefitVersion.load({ program, slug: benefit, version: benefitVersion }),
  state: (entitlement: EntitlementValue, _: unknown, ctx: BenefitsContext) => stateOf(entitlement, ctx.now),
  code: (entitlement: EntitlementValue) => formatCode(entitlement.code),
  writeOffs: (entitlement: EntitlementValue, _: unknown, ctx: BenefitsContext) =>
    ctx.loaders.writeOffs.load({ holderId: entitlement.holderId, id: entitlement.id }),
}
