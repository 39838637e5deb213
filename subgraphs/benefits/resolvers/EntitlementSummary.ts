import type { BenefitsContext } from '../context.ts'
import type { EntitlementSummary as Summary } from '../domain/summary.ts'

export const EntitlementSummary = {
  benefit: ({ program, benefit, benefitVersion }: Summary, _: unknown, ctx: BenefitsContext) =>
    ctx.loaders.benefitVersion.load({ program, slug: benefit, version: benefitVersion }),
}
