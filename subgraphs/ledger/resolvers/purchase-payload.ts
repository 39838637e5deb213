import { mutationPayload } from '../../../kernel/graphql/refusal.ts'
import type { Result } from '../../../kernel/values/result.ts'
import type { Posted } from '../actions/post-batch.ts'
import type { LedgerContext } from '../context.ts'

/** A purchase's own answer, alone or as an item of many. */
export const purchasePayload = (result: Result<Posted>, ctx: LedgerContext) => ({
  ...mutationPayload('purchase', result, ctx),
  duplicate: result.ok && result.value.duplicate,
})
