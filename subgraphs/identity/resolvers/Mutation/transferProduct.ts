import { type TransferProductInput, transferProduct as transfer } from '../../actions/products.ts'
import type { IdentityContext } from '../../context.ts'
import { member, payload } from '../payload.ts'

export const transferProduct = async (
  _: unknown,
  { input }: { input: TransferProductInput },
  ctx: IdentityContext,
) =>
  payload(ctx, await transfer(ctx, input), ({ memberId, productId }) => ({
    member: member(ctx, memberId),
    productId,
  }))
