import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { type GrantInput, grantPoints as grant } from '../../actions/grant-points.ts'
import type { LedgerContext } from '../../context.ts'

export async function grantPoints(_: unknown, { input }: { input: GrantInput }, ctx: LedgerContext) {
  const result = await grant(ctx, input)
  if (!result.ok) return mutationPayload('entry', result, ctx)
  const { program, document } = result.value
  return { entry: document.entry, account: { memberId: document.memberId, program } }
}
