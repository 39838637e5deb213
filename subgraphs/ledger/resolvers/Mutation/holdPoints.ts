import { type HoldInput, holdPoints as hold } from '../../actions/hold-points.ts'
import type { LedgerContext } from '../../context.ts'
import { holdPayload } from '../hold-payload.ts'

export async function holdPoints(_: unknown, { input }: { input: HoldInput }, ctx: LedgerContext) {
  return holdPayload(await hold(ctx, input), ctx)
}
