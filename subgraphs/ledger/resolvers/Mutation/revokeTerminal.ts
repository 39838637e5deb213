import { revokeTerminal as revoke } from '../../actions/register-terminal.ts'
import type { LedgerContext } from '../../context.ts'

export const revokeTerminal = async (_: unknown, { deviceId }: { deviceId: string }, ctx: LedgerContext) => ({
  terminal: (await revoke(ctx, deviceId)) ?? null,
})
