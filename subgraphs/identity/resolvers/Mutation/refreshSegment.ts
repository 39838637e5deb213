import { findSegment, refreshSegment as refresh } from '../../actions/segments.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const refreshSegment = async (
  _: unknown,
  { input }: { input: { id: string; idempotencyKey?: string | null } },
  ctx: IdentityContext,
) => payload(ctx, await refresh(ctx, input), ({ id }) => ({ segment: () => findSegment(ctx, id) }))
