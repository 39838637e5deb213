import { memberRecords, memberTables } from '../../../kernel/db/member-records.ts'
import type { LedgerContext } from '../context.ts'
import { distribution } from '../store/tables.ts'
import type { AccountSource } from './Account.ts'

/** What the ledger adds to a member. */
export const Member = {
  __resolveReference: ({ id }: { id: string }) => ({ id }),

  ledgerRecords: async ({ id }: { id: string }, _: unknown, ctx: LedgerContext): Promise<string> =>
    JSON.stringify(await memberRecords(ctx.db.query, memberTables(distribution), [id])),

  async account(
    { id }: { id: string },
    { program: programId }: { program?: string | null },
    ctx: LedgerContext,
  ): Promise<AccountSource | null> {
    const { now, patience } = ctx
    const asked = { memberId: id, program: programId, now, patience }
    const found = await ctx.services.reads.currentAccount(asked)
    return found ?? null
  },
}
