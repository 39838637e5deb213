import { setCompanyExecutor as run, type SetCompanyExecutorInput } from '../../actions/companies.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const setCompanyExecutor = async (
  _: unknown,
  { input }: { input: SetCompanyExecutorInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (company) => ({ company }))
