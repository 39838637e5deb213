import { findSyncedBalance, type SyncedBalanceInput } from '../actions/sync-balance.ts'
import type { LedgerContext } from '../context.ts'

export const syncedBalance = async (
  _: unknown,
  { input }: { input: SyncedBalanceInput },
  ctx: LedgerContext,
) => (await findSyncedBalance(ctx, input)) ?? null
