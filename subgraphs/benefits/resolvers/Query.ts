import { NotFoundError } from '../../../kernel/errors.ts'
import { connection, type PageArguments, pageOf } from '../../../kernel/graphql/page.ts'
import { refusalPayload } from '../../../kernel/graphql/refusal.ts'
import { programFor } from '../../../kernel/programs/known-programs.ts'
import { previewMerge } from '../actions/merge-member.ts'
import { verifyEntitlement } from '../actions/verify-entitlement.ts'
import type { BenefitsContext } from '../context.ts'
import { parseBenefitId } from '../domain/benefit.ts'
import { summaryOf } from '../domain/summary.ts'
import { findBenefit, listedBenefits } from '../store/benefits.ts'

export const Query = {
  async benefit(_: unknown, args: { id: string; program?: string | null }, ctx: BenefitsContext) {
    const named = parseBenefitId(args.id)
    const program = await programFor(ctx.db.query, named.program ?? args.program)
    return program && findBenefit(ctx.db.query, program.slug, named.slug)
  },

  async benefits(_: unknown, args: PageArguments & { program?: string | null }, ctx: BenefitsContext) {
    const { limit, after } = pageOf(args)
    const program = await programFor(ctx.db.query, args.program)
    if (args.program && !program) throw new NotFoundError('programme', args.program)
    const rows = program ? await listedBenefits(ctx.db.query, program.slug, { after, limit: limit + 1 }) : []
    return connection(rows, limit, (benefit) => benefit.slug)
  },

  previewMergeInBenefits: async (
    _: unknown,
    { input }: { input: Parameters<typeof previewMerge>[1] },
    ctx: BenefitsContext,
  ) => JSON.stringify(await previewMerge(ctx, input)),

  async verifyEntitlement(
    _: unknown,
    { input }: { input: { code: string; store?: string | null } },
    ctx: BenefitsContext,
  ) {
    const { decision, found } = await verifyEntitlement(ctx, input)
    return {
      valid: decision.ok,
      entitlement: found && summaryOf(found.entitlement, ctx.now),
      refusal: decision.ok ? undefined : refusalPayload(decision.refusal, ctx.messages, ctx.language),
    }
  },
}
