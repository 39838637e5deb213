import { principalName } from '../../../kernel/auth/principal.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { parseDecimal } from '../../../kernel/values/money.ts'
import { fail, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { bringHomeAtOnce } from './bring-home.ts'
import { outcome, post } from './post.ts'
import type { Posted } from './post-batch.ts'
import { type PurchaseRefusal, storeOf } from './record-purchases.ts'

export interface ReturnInput {
  readonly program?: string | null
  readonly purchase: { readonly channel: string; readonly document: string }
  readonly lines?:
    | readonly { readonly line: number; readonly quantity?: number | null; readonly amount?: string | null }[]
    | null
  readonly reason: string
  readonly channel: string
  readonly store?: string | null
  readonly document: string
  readonly occurredAt?: Instant | null
  readonly idempotencyKey?: string | null
}

/** Those of the `Decimal` scalar. */
const DECIMALS_MAX = 9

/** Takes goods back. Channel and number are its natural key; the purchase says whose it is. */
export async function returnPurchase(
  ctx: LedgerContext,
  input: ReturnInput,
): Promise<Result<Posted, PurchaseRefusal>> {
  const program = await ctx.services.programs.pick(input.program)
  if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
  const purchase = derivedId('purchase', program.id, input.purchase.channel, input.purchase.document)
  const bought = await ctx.loaders.document.load(purchase)
  if (!bought) return fail('PURCHASE_NOT_FOUND', { path: ['purchase'] })
  const { reason, channel, document, occurredAt, idempotencyKey } = input
  const store = storeOf(ctx, input.store)
  const lines = input.lines?.map(({ line, quantity, amount }) => ({
    line,
    quantity: quantity ?? undefined,
    amount: amount ?? undefined,
  }))
  const body = {
    ...{ program: program.id, purchase, reason, channel, document, store },
    occurredAt: occurredAt ?? undefined,
    lines: lines?.map((line) => ({
      ...line,
      amount:
        line.amount === undefined ? undefined : (parseDecimal(line.amount, DECIMALS_MAX) ?? line.amount),
    })),
  }
  const [result] = await post(ctx, [
    {
      program,
      command: {
        kind: 'return',
        memberId: bought.memberId,
        documentId: derivedId('return', program.id, channel, document),
        channel,
        number: document,
        store,
        operator: principalName(ctx.principal),
        effectiveAt: occurredAt ?? ctx.now,
        purchase,
        lines,
        reason,
        body: bodyDigest(body).subarray(0, 16),
        idempotencyKey: idempotencyKey ?? undefined,
      },
    },
  ])
  const returned = outcome(result!)
  // What it takes back of a member that came out of a merge since.
  if (returned.ok && returned.value.sendsHome) await bringHomeAtOnce(ctx, bought.memberId)
  return returned
}
