import { BadInputError } from '../../../../kernel/errors.ts'
import { fail } from '../../../../kernel/values/result.ts'
import { type PurchaseInput, recordPurchases as record } from '../../actions/record-purchases.ts'
import type { LedgerContext } from '../../context.ts'
import { purchasePayload } from '../purchase-payload.ts'

const PURCHASES_MAX = 1_000

export async function recordPurchases(
  _: unknown,
  { input: { purchases } }: { input: { purchases: readonly PurchaseInput[] } },
  ctx: LedgerContext,
) {
  if (purchases.length < 1 || purchases.length > PURCHASES_MAX) {
    throw new BadInputError(`purchases must be from 1 to ${PURCHASES_MAX}.`)
  }
  const results = await record(ctx, purchases)
  return {
    results: results.map((result) =>
      purchasePayload(result instanceof Error ? fail('NOT_RECORDED') : result, ctx),
    ),
  }
}
