import { withdrawApplication as run, type WithdrawApplicationInput } from '../../actions/applications.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const withdrawApplication = async (
  _: unknown,
  { input }: { input: WithdrawApplicationInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (application) => ({ application }))
