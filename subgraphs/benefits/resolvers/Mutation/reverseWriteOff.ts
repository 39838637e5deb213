import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { reverseWriteOff as reverse } from '../../actions/reverse-write-off.ts'
import type { BenefitsContext } from '../../context.ts'

export const reverseWriteOff = async (
  _: unknown,
  { input }: { input: { writeOffId: string; reason: string; idempotencyKey: string } },
  ctx: BenefitsContext,
) => {
  const result = await reverse(ctx, input)
  return result.ok ? result.value : mutationPayload('writeOff', result, ctx)
}
