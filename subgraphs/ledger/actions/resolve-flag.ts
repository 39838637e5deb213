import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import { isUuid } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { type Flag, lockFlag, readFlag, saveResolution } from '../store/flags.ts'

export interface ResolveFlagInput {
  readonly flagId: string
  readonly outcome: 'HARMLESS' | 'CONFIRMED'
  readonly note: string
  readonly idempotencyKey: string
}

/** Closes a flag. */
export async function resolveFlag(
  ctx: LedgerContext,
  { flagId: id, outcome, note, idempotencyKey: key }: ResolveFlagInput,
): Promise<Result<Flag, 'IDEMPOTENCY_KEY_REUSED' | 'FLAG_NOT_FOUND' | 'FLAG_RESOLVED'>> {
  const by = principalName(ctx.principal)
  const state = outcome === 'HARMLESS' ? 'harmless' : 'confirmed'
  const resolved = await ctx.db.transaction((tx) =>
    once(
      tx,
      { owner: by, key, action: 'resolveFlag', body: { id, outcome, note }, at: ctx.now },
      async () => {
        const flag = isUuid(id) ? await lockFlag(tx, id) : undefined
        if (!flag) return fail('FLAG_NOT_FOUND', { path: ['flagId'] })
        if (flag.state !== 'open') {
          return fail('FLAG_RESOLVED', { details: { by: flag.resolvedBy!, state: flag.state } })
        }
        await saveResolution(tx, id, { state, by, at: ctx.now, note })
        return ok(id)
      },
    ),
  )
  return resolved.ok ? ok((await readFlag(ctx.db.query, resolved.value))!) : resolved
}
