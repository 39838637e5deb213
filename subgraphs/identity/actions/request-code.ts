import { once } from '../../../kernel/commands/once.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { type Instant, later } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { normaliseIdentifier } from '../domain/identifier.ts'
import {
  CODE_LIFE_MS,
  CODE_TRIES,
  type CodePurpose,
  LIMIT_WINDOW_MS,
  mayRequestCode,
} from '../domain/one-time-code.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { blindIndex, codeOf } from '../domain/sealing.ts'
import { codesRequestedSince, insertCode, lockPhone } from '../store/one-time-codes.ts'
import { commandOf } from './command.ts'

export interface RequestCodeInput {
  readonly phone: string
  readonly purpose: CodePurpose
  readonly idempotencyKey?: string | null
}

export interface Challenge {
  readonly expiresAt: Instant
  readonly code: string | null
}

/** Makes a one-time code for a phone. The sandbox shows it; sending it is the business of a gateway not built yet. */
export async function requestCode(
  ctx: IdentityContext,
  input: RequestCodeInput,
): Promise<Result<Challenge, IdentityRefusalCode>> {
  const { keys, sandbox } = ctx.services
  const made = await ctx.db.transaction((tx) =>
    once<{ id: string; expiresAt: Instant }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'requestCode', input),
      async () => {
        const phone = normaliseIdentifier({ kind: 'PHONE', value: input.phone })
        if (!phone.ok) return fail('PHONE_NOT_VALID', { path: ['phone'] })
        if (!sandbox) return fail('CODE_DELIVERY_UNAVAILABLE')
        const phoneHash = blindIndex(keys.index, phone.value)
        await lockPhone(tx, phoneHash)
        const requested = await codesRequestedSince(tx, phoneHash, later(ctx.now, -LIMIT_WINDOW_MS))
        const allowed = mayRequestCode(requested, ctx.now)
        if (!allowed.ok) return allowed
        const id = newId(ctx.now)
        const expiresAt = later(ctx.now, CODE_LIFE_MS)
        await insertCode(tx, {
          phoneHash,
          id,
          purpose: input.purpose,
          tries: CODE_TRIES,
          requestedAt: ctx.now,
          expiresAt,
        })
        return ok({ id, expiresAt })
      },
    ),
  )
  if (!made.ok) return made
  const { id, expiresAt } = made.value
  return ok({ expiresAt, code: sandbox ? codeOf(keys.index, id) : null })
}
