import { type ActivateMemberInput, activateMember as run } from '../../actions/activate-members.ts'
import type { IdentityContext } from '../../context.ts'
import { member, payload } from '../payload.ts'

export const activateMember = async (
  _: unknown,
  { input }: { input: ActivateMemberInput },
  ctx: IdentityContext,
) => payload(ctx, await run(ctx, input), ({ memberId }) => ({ member: member(ctx, memberId) }))
