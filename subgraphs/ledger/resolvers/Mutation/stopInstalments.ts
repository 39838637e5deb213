import { type StopInput, stopInstalments as stop } from '../../actions/stop-instalments.ts'
import type { LedgerContext } from '../../context.ts'
import { storedValuePayload } from '../stored-value-payload.ts'

export const stopInstalments = async (_: unknown, { input }: { input: StopInput }, ctx: LedgerContext) =>
  storedValuePayload(await stop(ctx, input), ctx)
