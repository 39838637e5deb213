import { mutationPayload } from '../../../../kernel/graphql/refusal.ts'
import { writeOffEntitlement as writeOff } from '../../actions/write-off-entitlement.ts'
import type { BenefitsContext } from '../../context.ts'

export const writeOffEntitlement = async (
  _: unknown,
  { input }: { input: { code: string; store?: string | null; idempotencyKey: string } },
  ctx: BenefitsContext,
) => {
  const result = await writeOff(ctx, input)
  return result.ok ? result.value : mutationPayload('writeOff', result, ctx)
}
