import { submitApplication as run, type SubmitApplicationInput } from '../../actions/applications.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const submitApplication = async (
  _: unknown,
  { input }: { input: SubmitApplicationInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (application) => ({ application }))
