import type { LedgerContext } from '../context.ts'
import { pickProgram } from '../store/programs.ts'
import type { AccountSource } from './Account.ts'

/** What the ledger adds to a member. */
export const Member = {
  __resolveReference: ({ id }: { id: string }) => ({ id }),

  async account(
    { id }: { id: string },
    { program: programId }: { program?: string | null },
    ctx: LedgerContext,
  ): Promise<AccountSource | null> {
    const program = pickProgram(await ctx.services.programs.current(), programId)
    return program ? { memberId: id, program } : null
  },
}
