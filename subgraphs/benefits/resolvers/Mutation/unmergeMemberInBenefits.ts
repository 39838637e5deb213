import { unmergeMember } from '../../actions/merge-member.ts'
import type { BenefitsContext } from '../../context.ts'

export const unmergeMemberInBenefits = async (
  _: unknown,
  { input }: { input: Parameters<typeof unmergeMember>[1] },
  ctx: BenefitsContext,
): Promise<boolean> => {
  await unmergeMember(ctx, input)
  return true
}
