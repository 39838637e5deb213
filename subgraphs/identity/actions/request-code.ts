import { once } from '../../../kernel/commands/once.ts'
import { assert } from '../../../kernel/values/assert.ts'
import { newId } from '../../../kernel/values/ids.ts'
import { type Instant, later } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { type Identifier, normaliseIdentifier } from '../domain/identifier.ts'
import {
  CODE_LIFE_MS,
  CODE_TRIES,
  type CodePurpose,
  LIMIT_WINDOW_MS,
  mayRequestCode,
} from '../domain/one-time-code.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { blindIndex, codeOf } from '../domain/sealing.ts'
import {
  codesRequestedSince,
  findCode,
  insertCode,
  lockPhone,
  markCodeSent,
} from '../store/one-time-codes.ts'
import { commandOf } from './command.ts'
import { checkAttempts, countAddressAttempt } from './limit-attempts.ts'

export interface RequestCodeInput {
  readonly phone: string
  readonly purpose: CodePurpose
  readonly idempotencyKey?: string | null
}

export interface Challenge {
  readonly expiresAt: Instant
  readonly code: string | null
}

/**
 * Makes a one-time code for a phone and has it sent; the sandbox shows it instead. It is sent after the commit, since
 * no lock may wait for somebody else's server. A call that is repeated with its key sends what was not sent yet.
 */
export async function requestCode(
  ctx: IdentityContext,
  input: RequestCodeInput,
): Promise<Result<Challenge, IdentityRefusalCode>> {
  const { keys, sandbox, delivery } = ctx.services
  const phone = normaliseIdentifier({ kind: 'PHONE', value: input.phone })
  const made = await ctx.db.transaction((tx) =>
    once<{ id: string; expiresAt: Instant }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'requestCode', input),
      async () => {
        if (!phone.ok) return fail('PHONE_NOT_VALID', { path: ['phone'] })
        if (!sandbox && !delivery) return fail('CODE_DELIVERY_UNAVAILABLE')
        const mayAsk = await checkAttempts(tx, ctx, 'code-request')
        if (!mayAsk.ok) return mayAsk
        const phoneHash = blindIndex(keys.index, phone.value)
        await lockPhone(tx, phoneHash)
        const requested = await codesRequestedSince(tx, phoneHash, later(ctx.now, -LIMIT_WINDOW_MS))
        const allowed = mayRequestCode(requested, ctx.now)
        if (!allowed.ok) return allowed
        await countAddressAttempt(tx, ctx, 'code-request')
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
  const code = codeOf(keys.index, id)
  if (sandbox) return ok({ expiresAt, code })
  assert(phone.ok, 'a code is made for a phone')
  const sent = await sendOnce(ctx, phone.value, { id, code, expiresAt, purpose: input.purpose })
  return sent.ok ? ok({ expiresAt, code: null }) : sent
}

async function sendOnce(
  ctx: IdentityContext,
  phone: Identifier,
  made: { id: string; code: string; expiresAt: Instant; purpose: CodePurpose },
): Promise<Result<true, 'CODE_DELIVERY_UNAVAILABLE'>> {
  const { keys, delivery } = ctx.services
  const phoneHash = blindIndex(keys.index, phone)
  const known = await findCode(ctx.db, phoneHash, made.id)
  if (!delivery || !known) return fail('CODE_DELIVERY_UNAVAILABLE')
  if (known.sentAt !== undefined || made.expiresAt <= ctx.now) return ok(true)
  const sent = await delivery.send({
    id: made.id,
    phone: phone.value,
    code: made.code,
    purpose: made.purpose,
    language: ctx.language,
    expiresInSeconds: Math.floor((made.expiresAt - ctx.now) / 1000),
  })
  if (sent.ok) await markCodeSent(ctx.db, phoneHash, made.id, ctx.now)
  return sent
}
