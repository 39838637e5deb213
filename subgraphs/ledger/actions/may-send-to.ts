import type { LedgerContext } from '../context.ts'
import type { TransferRules } from '../domain/transfer-rules.ts'

const RELATIVES = `
  query Relatives($id: ID!) {
    member(id: $id) { household { closed relatives { memberId } } }
  }`

interface Answer {
  readonly member: {
    readonly household: {
      readonly closed: boolean
      readonly relatives: readonly { readonly memberId: string }[]
    } | null
  } | null
}

/** Whether the programme lets one member send points to another. `identity` knows who belongs together. */
export async function maySendTo(
  ctx: LedgerContext,
  { within }: TransferRules,
  from: string,
  to: string,
): Promise<boolean> {
  if (within === 'anyone') return true
  const { member } = await ctx.graph.request<Answer>('identity', RELATIVES, { id: from })
  const household = member?.household
  return household?.closed === false && household.relatives.some(({ memberId }) => memberId === to)
}
