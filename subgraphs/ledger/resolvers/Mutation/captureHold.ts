import { type CaptureInput, captureHold as capture } from '../../actions/close-hold.ts'
import type { LedgerContext } from '../../context.ts'
import { holdPayload } from '../hold-payload.ts'

export async function captureHold(_: unknown, { input }: { input: CaptureInput }, ctx: LedgerContext) {
  return holdPayload(await capture(ctx, input), ctx)
}
