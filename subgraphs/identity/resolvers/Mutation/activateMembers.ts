import { type ActivateMembersInput, activateMembers as run } from '../../actions/activate-members.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const activateMembers = async (
  _: unknown,
  { input }: { input: ActivateMembersInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), (activated) => ({ activated }))
