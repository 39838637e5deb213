import { mergeMember } from '../../actions/merge-member.ts'
import type { LedgerContext } from '../../context.ts'

export const mergeMemberInLedger = async (
  _: unknown,
  { input }: { input: Parameters<typeof mergeMember>[1] },
  ctx: LedgerContext,
) => JSON.stringify((await mergeMember(ctx, input)) ?? null)
