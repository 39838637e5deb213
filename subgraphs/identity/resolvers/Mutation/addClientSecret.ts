import { addClientSecret as add } from '../../actions/clients.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const addClientSecret = async (
  _: unknown,
  { input }: { input: { clientId: string } },
  ctx: IdentityContext,
) => payload(ctx, await add(ctx, input.clientId), (secret) => ({ ...secret }))
