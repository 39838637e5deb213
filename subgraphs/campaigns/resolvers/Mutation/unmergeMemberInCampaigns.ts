import { unmergeMember } from '../../actions/merge-member.ts'
import type { CampaignsContext } from '../../context.ts'

export const unmergeMemberInCampaigns = async (
  _: unknown,
  { input }: { input: Parameters<typeof unmergeMember>[1] },
  ctx: CampaignsContext,
): Promise<boolean> => {
  await unmergeMember(ctx, input)
  return true
}
