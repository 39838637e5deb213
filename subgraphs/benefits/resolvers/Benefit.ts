import type { BenefitsContext } from '../context.ts'
import { type Benefit as BenefitValue, benefitId, parseBenefitId } from '../domain/benefit.ts'
import { findBenefit } from '../store/benefits.ts'

export const Benefit = {
  __resolveReference({ id }: { id: string }, ctx: BenefitsContext) {
    const { program, slug } = parseBenefitId(id)
    return program === undefined ? undefined : findBenefit(ctx.db.query, program, slug)
  },
  id: (benefit: BenefitValue) => benefitId(benefit.program, benefit.slug),
  name: ({ definition }: BenefitValue, _: unknown, ctx: BenefitsContext) => definition.name[ctx.language],
  description: ({ definition }: BenefitValue, _: unknown, ctx: BenefitsContext) =>
    definition.description?.[ctx.language],
  type: ({ definition }: BenefitValue) => definition.type.toUpperCase(),
  class: ({ definition }: BenefitValue) => definition.class.toUpperCase().replace('-', '_'),
  partner: ({ definition }: BenefitValue) => definition.partner,
  stores: ({ definition }: BenefitValue) => definition.stores,
  usesByTier: ({ definition }: BenefitValue) =>
    Object.entries(definition.usesByTier).map(([tier, uses]) => ({ tier, uses })),
  validMonths: ({ definition }: BenefitValue) => definition.validMonths,
  state: ({ listed }: BenefitValue) => (listed ? 'LISTED' : 'DELISTED'),
}
