import { unmergeMember } from '../../actions/merge-member.ts'
import type { LedgerContext } from '../../context.ts'

export const unmergeMemberInLedger = async (
  _: unknown,
  { input }: { input: Parameters<typeof unmergeMember>[1] },
  ctx: LedgerContext,
): Promise<boolean> => {
  await unmergeMember(ctx, input)
  return true
}
