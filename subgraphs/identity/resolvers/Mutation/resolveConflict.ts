import { type ResolveConflictInput, resolveConflict as resolve } from '../../actions/resolve-conflict.ts'
import type { IdentityContext } from '../../context.ts'
import { findConflict } from '../../store/conflicts.ts'
import { payload } from '../payload.ts'

export const resolveConflict = async (
  _: unknown,
  { input }: { input: ResolveConflictInput },
  ctx: IdentityContext,
) =>
  payload(ctx, await resolve(ctx, input), ({ conflictId }) => ({
    conflict: () => findConflict(ctx.db.query, conflictId),
  }))
