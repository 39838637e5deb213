import { type RequestCodeInput, requestCode as request } from '../../actions/request-code.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const requestCode = async (_: unknown, { input }: { input: RequestCodeInput }, ctx: IdentityContext) =>
  payload(ctx, await request(ctx, input), (challenge) => ({ challenge }))
