import { type EraseMemberInput, eraseMember as erase } from '../../actions/erase-member.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const eraseMember = async (_: unknown, { input }: { input: EraseMemberInput }, ctx: IdentityContext) =>
  payload(ctx, await erase(ctx, input), ({ memberId }) => ({ memberId }))
