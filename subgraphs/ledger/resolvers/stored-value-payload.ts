import { mutationPayload } from '../../../kernel/graphql/refusal.ts'
import type { Result } from '../../../kernel/values/result.ts'
import type { Posted } from '../actions/post-batch.ts'
import type { LedgerContext } from '../context.ts'
import { movementOf } from './StoredValueMovement.ts'

/** The answer of every mutation of prepaid money. */
export async function storedValuePayload(result: Result<Posted>, ctx: LedgerContext) {
  if (!result.ok) return { ...mutationPayload('movement', result, ctx), duplicate: false }
  const { program, document, duplicate } = result.value
  return {
    movement: await movementOf(result.value, ctx),
    duplicate,
    account: { memberId: document.memberId, program },
  }
}
