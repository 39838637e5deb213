import { type RegisterProductInput, registerProduct as register } from '../../actions/products.ts'
import type { IdentityContext } from '../../context.ts'
import { member, payload } from '../payload.ts'

export const registerProduct = async (
  _: unknown,
  { input }: { input: RegisterProductInput },
  ctx: IdentityContext,
) =>
  payload(ctx, await register(ctx, input), ({ memberId, productId }) => ({
    member: member(ctx, memberId),
    productId,
  }))
