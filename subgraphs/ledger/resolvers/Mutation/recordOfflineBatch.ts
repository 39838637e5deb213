import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { fail } from '../../../../kernel/values/result.ts'
import { type OfflineBatchInput, recordOfflineBatch as record } from '../../actions/record-offline-batch.ts'
import type { LedgerContext } from '../../context.ts'

const FIELDS = { purchase: 'purchase', return: 'purchaseReturn', activity: 'activity' } as const

export async function recordOfflineBatch(
  _: unknown,
  { input }: { input: OfflineBatchInput },
  ctx: LedgerContext,
) {
  const taken = await record(ctx, input)
  if (!taken.ok) return { ...mutationPayload('batch', taken, ctx), results: [], missing: [] }
  const { results, missing } = taken.value
  return {
    results: results.map(({ sequence, kind, result: outcome }) => {
      const result = outcome instanceof Error ? fail('NOT_RECORDED') : outcome
      return {
        sequence: BigInt(sequence),
        ...mutationPayload(FIELDS[kind], result, ctx),
        duplicate: result.ok && result.value.duplicate,
      }
    }),
    missing,
  }
}
