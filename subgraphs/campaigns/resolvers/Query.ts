import { NotFoundError } from '../../../kernel/errors.ts'
import { connection, type PageArguments, pageOf } from '../../../kernel/graphql/page.ts'
import { programFor } from '../../../kernel/programs/known-programs.ts'
import { previewMerge } from '../actions/merge-member.ts'
import type { CampaignsContext } from '../context.ts'
import { parseCampaignId } from '../domain/campaign.ts'
import { currentCampaigns, findCampaign } from '../store/campaigns.ts'

export const Query = {
  previewMergeInCampaigns: async (
    _: unknown,
    { input }: { input: Parameters<typeof previewMerge>[1] },
    ctx: CampaignsContext,
  ) => JSON.stringify(await previewMerge(ctx, input)),

  async campaign(_: unknown, args: { id: string; program?: string | null }, ctx: CampaignsContext) {
    const named = parseCampaignId(args.id)
    const program = await programFor(ctx.db.query, named.program ?? args.program)
    return program && findCampaign(ctx.db.query, program.slug, named.slug)
  },

  async campaigns(_: unknown, args: PageArguments & { program?: string | null }, ctx: CampaignsContext) {
    const { limit, after } = pageOf(args)
    const program = await programFor(ctx.db.query, args.program)
    if (args.program && !program) throw new NotFoundError('programme', args.program)
    const rows = program
      ? await currentCampaigns(ctx.db.query, program.slug, { after, limit: limit + 1 })
      : []
    return connection(rows, limit, (campaign) => campaign.slug)
  },
}
