import { findSegment, type SaveSegmentInput, saveSegment as save } from '../../actions/segments.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const saveSegment = async (_: unknown, { input }: { input: SaveSegmentInput }, ctx: IdentityContext) =>
  payload(ctx, await save(ctx, input), ({ id }) => ({ segment: () => findSegment(ctx, id) }))
