import { mergeMember } from '../../actions/merge-member.ts'
import type { CampaignsContext } from '../../context.ts'

export const mergeMemberInCampaigns = async (
  _: unknown,
  { input }: { input: Parameters<typeof mergeMember>[1] },
  ctx: CampaignsContext,
) => JSON.stringify((await mergeMember(ctx, input)) ?? null)
