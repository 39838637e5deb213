import { transferGuided as run, type TransferGuidedInput } from '../../actions/guides.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const transferGuided = async (
  _: unknown,
  { input }: { input: TransferGuidedInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (moved) => ({ ...moved }))
