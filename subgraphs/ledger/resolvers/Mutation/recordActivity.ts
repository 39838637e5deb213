import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { type ActivityInput, recordActivity as record } from '../../actions/record-activity.ts'
import type { LedgerContext } from '../../context.ts'

export async function recordActivity(_: unknown, { input }: { input: ActivityInput }, ctx: LedgerContext) {
  const result = await record(ctx, input)
  return { ...mutationPayload('activity', result, ctx), duplicate: result.ok && result.value.duplicate }
}
