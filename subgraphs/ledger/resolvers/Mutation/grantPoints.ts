import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { type GrantInput, grantPoints as grant } from '../../actions/grant-points.ts'
import type { LedgerContext } from '../../context.ts'
import { readEntryOf } from '../../store/reads.ts'

export async function grantPoints(_: unknown, { input }: { input: GrantInput }, ctx: LedgerContext) {
  const result = await grant(ctx, input)
  if (!result.ok) return mutationPayload('entry', result, ctx)
  const { program, document } = result.value
  const key = { memberId: document.memberId, programKey: program.key }
  return {
    entry: await readEntryOf(ctx.db.query, key, document.id),
    account: { memberId: document.memberId, program },
  }
}
