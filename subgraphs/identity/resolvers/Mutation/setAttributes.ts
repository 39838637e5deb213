import { type SetAttributesInput, setAttributes as set } from '../../actions/attributes.ts'
import type { IdentityContext } from '../../context.ts'
import { member, payload } from '../payload.ts'

export const setAttributes = async (
  _: unknown,
  { input }: { input: SetAttributesInput },
  ctx: IdentityContext,
) => payload(ctx, await set(ctx, input), ({ memberId }) => ({ member: member(ctx, memberId) }))
