import { revokeClientSecret as revoke } from '../../actions/clients.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const revokeClientSecret = async (
  _: unknown,
  { input }: { input: { clientId: string; secretId: string } },
  ctx: IdentityContext,
) => payload(ctx, await revoke(ctx, input.clientId, input.secretId), (revoked) => ({ revoked }))
