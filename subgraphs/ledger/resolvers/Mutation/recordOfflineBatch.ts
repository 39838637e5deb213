import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { fail } from '../../../../kernel/values/result.ts'
import { type OfflineBatchInput, recordOfflineBatch as record } from '../../actions/record-offline-batch.ts'
import type { LedgerContext } from '../../context.ts'
import { purchasePayload } from '../purchase-payload.ts'

export async function recordOfflineBatch(
  _: unknown,
  { input }: { input: OfflineBatchInput },
  ctx: LedgerContext,
) {
  const taken = await record(ctx, input)
  if (!taken.ok) return { ...mutationPayload('batch', taken, ctx), results: [], missing: [] }
  const { results, missing } = taken.value
  return {
    results: results.map(({ sequence, result }) => ({
      sequence: BigInt(sequence),
      ...purchasePayload(result instanceof Error ? fail('NOT_RECORDED') : result, ctx),
    })),
    missing,
  }
}
