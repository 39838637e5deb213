import { type DecideApplicationInput, decideApplication as run } from '../../actions/applications.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const decideApplication = async (
  _: unknown,
  { input }: { input: DecideApplicationInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (application) => ({ application }))
