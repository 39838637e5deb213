import { outcome } from '../../actions/post.ts'
import { type PurchaseInput, recordPurchases } from '../../actions/record-purchases.ts'
import type { LedgerContext } from '../../context.ts'
import { purchasePayload } from '../purchase-payload.ts'

export async function recordPurchase(_: unknown, { input }: { input: PurchaseInput }, ctx: LedgerContext) {
  const [result] = await recordPurchases(ctx, [input])
  return purchasePayload(outcome(result!), ctx)
}
