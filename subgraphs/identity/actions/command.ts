import { principalName } from '../../../kernel/auth/principal.ts'
import type { Command } from '../../../kernel/commands/once.ts'
import type { IdentityContext } from '../context.ts'
import { fingerprint } from '../domain/sealing.ts'

/** A call as it is remembered. The body is a keyed digest: it holds phone numbers, and plain ones can be guessed. */
export function commandOf(
  ctx: IdentityContext,
  action: string,
  input: { readonly idempotencyKey?: string | null },
): Command {
  const key = input.idempotencyKey ?? undefined
  return {
    owner: principalName(ctx.principal),
    key,
    action,
    body: key === undefined ? undefined : fingerprint(ctx.services.keys.index, input),
    at: ctx.now,
  }
}
