import { mutationPayload } from '../../../kernel/graphql/refusal.ts'
import type { Result } from '../../../kernel/values/result.ts'
import type { Posted } from '../actions/post-batch.ts'
import type { LedgerContext } from '../context.ts'
import { readHolds } from '../store/holds.ts'

/** The hold as it stands now. */
export async function holdPayload(result: Result<Posted>, ctx: LedgerContext) {
  if (!result.ok) return mutationPayload('hold', result, ctx)
  const { document, program } = result.value
  const { memberId } = document
  const id = document.kind === 'hold' ? document.id : document.subject!
  const holds = await readHolds(ctx.db.query, [{ memberId, id }])
  return { hold: holds.get(id), account: { memberId, program } }
}
