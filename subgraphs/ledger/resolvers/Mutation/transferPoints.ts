import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { type TransferInput, transferPoints as transfer } from '../../actions/transfer-points.ts'
import type { LedgerContext } from '../../context.ts'

export async function transferPoints(_: unknown, { input }: { input: TransferInput }, ctx: LedgerContext) {
  const result = await transfer(ctx, input)
  if (!result.ok) return mutationPayload('transfer', result, ctx)
  const { program, transfer: done } = result.value
  return { transfer: done, account: { memberId: done.from, program } }
}
