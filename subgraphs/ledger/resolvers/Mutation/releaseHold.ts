import { type ReleaseInput, releaseHold as release } from '../../actions/close-hold.ts'
import type { LedgerContext } from '../../context.ts'
import { holdPayload } from '../hold-payload.ts'

export async function releaseHold(_: unknown, { input }: { input: ReleaseInput }, ctx: LedgerContext) {
  return holdPayload(await release(ctx, input), ctx)
}
