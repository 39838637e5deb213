import { archiveSegment as archive, findSegment } from '../../actions/segments.ts'
import type { IdentityContext } from '../../context.ts'
import { payload } from '../payload.ts'

export const archiveSegment = async (
  _: unknown,
  { input }: { input: { id: string; idempotencyKey?: string | null } },
  ctx: IdentityContext,
) => payload(ctx, await archive(ctx, input), ({ id }) => ({ segment: () => findSegment(ctx, id) }))
