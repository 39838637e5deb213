import { BadInputError } from '../../../kernel/errors.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import { exportSnapshot, liveCount } from '../actions/segments.ts'
import type { IdentityContext } from '../context.ts'
import type { Segment as SegmentSource } from '../domain/segments.ts'
import { findChanges, findSnapshots, type Snapshot } from '../store/segments.ts'

export const Segment = {
  count: (segment: SegmentSource, _: unknown, ctx: IdentityContext) => liveCount(ctx, segment),

  snapshots: ({ id }: SegmentSource, _: unknown, ctx: IdentityContext) =>
    findSnapshots(ctx.db.query, { segmentId: id }),

  changes: ({ id }: SegmentSource, _: unknown, ctx: IdentityContext) => findChanges(ctx.db.query, id),
}

const EXPORT_PAGE = 1_000
const EXPORT_PAGE_MAX = 5_000

export const SegmentSnapshot = {
  csv: (
    snapshot: Snapshot,
    { first, after }: { first?: number | null; after?: string | null },
    ctx: IdentityContext,
  ) => {
    const limit = first ?? EXPORT_PAGE
    if (limit < 1 || limit > EXPORT_PAGE_MAX) {
      throw new BadInputError(`first must be from 1 to ${EXPORT_PAGE_MAX}.`)
    }
    if (after != null && !isUuid(after)) throw new BadInputError('after is no cursor.')
    return exportSnapshot(ctx, snapshot, { limit, after: after ?? undefined })
  },
}
