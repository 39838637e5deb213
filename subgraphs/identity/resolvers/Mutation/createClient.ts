import { type CreateClientInput, createClient as create } from '../../actions/clients.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const createClient = async (
  _: unknown,
  { input }: { input: CreateClientInput },
  ctx: IdentityContext,
) => payload(ctx, await create(ctx, input), (secret) => ({ ...secret }))
