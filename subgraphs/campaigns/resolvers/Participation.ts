import type { CampaignsContext } from '../context.ts'
import { type Participation as ParticipationValue, stateOf } from '../domain/participation.ts'

export const Participation = {
  campaign: ({ program, campaign }: ParticipationValue, _: unknown, ctx: CampaignsContext) =>
    ctx.loaders.campaign.load({ program, slug: campaign }),
  state: (participation: ParticipationValue) => stateOf(participation),
}
