import { mergeMember } from '../../actions/merge-member.ts'
import type { BenefitsContext } from '../../context.ts'

export const mergeMemberInBenefits = async (
  _: unknown,
  { input }: { input: Parameters<typeof mergeMember>[1] },
  ctx: BenefitsContext,
) => JSON.stringify((await mergeMember(ctx, input)) ?? null)
