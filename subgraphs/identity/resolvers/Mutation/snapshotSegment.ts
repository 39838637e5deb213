import { findSnapshot, snapshotSegment as snapshot } from '../../actions/segments.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const snapshotSegment = async (
  _: unknown,
  { input }: { input: { id: string; idempotencyKey?: string | null } },
  ctx: IdentityContext,
) => payload(ctx, await snapshot(ctx, input), ({ id }) => ({ snapshot: () => findSnapshot(ctx, id) }))
