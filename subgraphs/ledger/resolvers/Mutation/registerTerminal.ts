import { type RegisterInput, registerTerminal as register } from '../../actions/register-terminal.ts'
import type { LedgerContext } from '../../context.ts'

export const registerTerminal = (_: unknown, { input }: { input: RegisterInput }, ctx: LedgerContext) =>
  register(ctx, input)
