import { principalName } from '../../../kernel/auth/principal.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId, isUuid } from '../../../kernel/values/ids.ts'
import { fail, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import type { HoldingCommand } from '../domain/holding.ts'
import { bringHomeAtOnce } from './bring-home.ts'
import { outcome, post } from './post.ts'
import type { Posted } from './post-batch.ts'
import { type PurchaseRefusal, storeOf } from './record-purchases.ts'

export interface CaptureInput {
  readonly hold: string
  readonly points?: bigint | null
  readonly document?: string | null
  readonly store?: string | null
  readonly idempotencyKey: string
}

export interface ReleaseInput {
  readonly hold: string
  readonly idempotencyKey: string
}

/** Spends what is held, all of it or a part. */
export const captureHold = (
  ctx: LedgerContext,
  input: CaptureInput,
): Promise<Result<Posted, PurchaseRefusal>> =>
  close(ctx, input, { kind: 'capture', points: input.points ?? undefined })

/** Ends a hold: what is still held is available again. */
export const releaseHold = (
  ctx: LedgerContext,
  input: ReleaseInput,
): Promise<Result<Posted, PurchaseRefusal>> => close(ctx, input, { kind: 'release' })

type Close = { readonly kind: 'capture'; readonly points: bigint | undefined } | { readonly kind: 'release' }

/** The hold says whose points they are; a member closes its own, and of others' it knows nothing. */
async function close(
  ctx: LedgerContext,
  { hold, idempotencyKey, ...more }: ReleaseInput & Partial<CaptureInput>,
  action: Close,
): Promise<Result<Posted, PurchaseRefusal>> {
  const { principal } = ctx
  const made = isUuid(hold) ? await ctx.loaders.document.load(hold) : undefined
  const foreign = principal.kind === 'member' && made?.memberId !== principal.memberId
  if (made?.kind !== 'hold' || foreign) return fail('HOLD_NOT_FOUND', { path: ['hold'] })
  const program = await ctx.services.programs.of(made.programKey)
  const number = more.document ?? made.number
  const store = storeOf(ctx, more.store)
  const command: HoldingCommand = { ...action, hold, known: undefined }
  const points = action.kind === 'capture' ? action.points : undefined
  const body = { kind: action.kind, hold, points, number, store }
  const [result] = await post(ctx, [
    {
      program,
      command: {
        ...command,
        memberId: made.memberId,
        documentId: derivedId(action.kind, hold, idempotencyKey),
        channel: made.channel,
        number,
        store,
        operator: principalName(principal),
        effectiveAt: ctx.now,
        body: bodyDigest(body).subarray(0, 16),
        idempotencyKey,
      },
    },
  ])
  const closed = outcome(result!)
  // What was held of a member that came out of a merge since.
  if (closed.ok && closed.value.sendsHome) await bringHomeAtOnce(ctx, made.memberId)
  return closed
}
