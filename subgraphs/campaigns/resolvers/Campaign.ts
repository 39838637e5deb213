import type { CampaignsContext } from '../context.ts'
import { type Campaign as CampaignValue, campaignId, parseCampaignId, stateOf } from '../domain/campaign.ts'

export const Campaign = {
  __resolveReference({ id }: { id: string }, ctx: CampaignsContext) {
    const { program, slug } = parseCampaignId(id)
    return program === undefined ? undefined : ctx.loaders.campaign.load({ program, slug })
  },
  id: (campaign: CampaignValue) => campaignId(campaign.program, campaign.slug),
  name: ({ definition }: CampaignValue, _: unknown, ctx: CampaignsContext) => definition.name[ctx.language],
  kind: ({ definition }: CampaignValue) => (definition.kind === 'task' ? 'TASK' : 'POINTS_MULTIPLIER'),
  state: (campaign: CampaignValue, _: unknown, ctx: CampaignsContext) => stateOf(campaign, ctx.now),
  task: ({ definition }: CampaignValue) => (definition.kind === 'task' ? definition : undefined),
  multiplier: ({ definition }: CampaignValue) =>
    definition.kind === 'points-multiplier' ? definition : undefined,
}
