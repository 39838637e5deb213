import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { returnPurchase as giveBack, type ReturnInput } from '../../actions/return-purchase.ts'
import type { LedgerContext } from '../../context.ts'

export async function returnPurchase(_: unknown, { input }: { input: ReturnInput }, ctx: LedgerContext) {
  const result = await giveBack(ctx, input)
  return { ...mutationPayload('purchaseReturn', result, ctx), duplicate: result.ok && result.value.duplicate }
}
