import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { type SyncBalanceInput, syncBalance as sync } from '../../actions/sync-balance.ts'
import type { LedgerContext } from '../../context.ts'

export async function syncBalance(_: unknown, { input }: { input: SyncBalanceInput }, ctx: LedgerContext) {
  const result = await sync(ctx, input)
  if (!result.ok) return { duplicate: false, ...mutationPayload('synced', result, ctx) }
  const { program, memberId, agreed, points, duplicate } = result.value
  return { synced: agreed, points, duplicate, account: { memberId, program } }
}
