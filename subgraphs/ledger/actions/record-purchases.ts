import { principalName } from '../../../kernel/auth/principal.ts'
import { storeActedIn } from '../../../kernel/auth/stores.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import { sha256 } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { parseDecimal } from '../../../kernel/values/money.ts'
import { fail, type Refusal, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import type { LineInput, PostingRefusal } from '../domain/posting.ts'
import type { Program } from '../domain/program.ts'
import { pickProgram } from '../store/programs.ts'
import { post } from './post.ts'
import type { Order, Posted } from './post-batch.ts'
import { type MemberReference, resolveMembers } from './resolve-members.ts'

export interface PurchaseInput {
  readonly program?: string | null
  readonly member: MemberReference
  readonly channel: string
  readonly store?: string | null
  readonly document: string
  readonly occurredAt?: Instant | null
  readonly lines: readonly LineInput[]
  readonly idempotencyKey?: string | null
}

export type PurchaseRefusal =
  | PostingRefusal
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'PROGRAM_NOT_FOUND'
  | 'MEMBER_NOT_FOUND'

/** Each purchase's own outcome, in the order given; an `Error` where the database failed on that one alone. */
export async function recordPurchases(
  ctx: LedgerContext,
  inputs: readonly PurchaseInput[],
): Promise<(Result<Posted, PurchaseRefusal> | Error)[]> {
  const [programs, members] = await Promise.all([
    programsFor(ctx, inputs),
    resolveMembers(
      ctx,
      inputs.map((input) => input.member),
    ),
  ])
  const orders: (Omit<Order, 'now'> | Refusal<PurchaseRefusal>)[] = inputs.map((input, index) => {
    const program = pickProgram(programs, input.program)
    if (!program) return refusal('PROGRAM_NOT_FOUND', 'program')
    const memberId = members[index]
    if (!memberId) return refusal('MEMBER_NOT_FOUND', 'member')
    const store = storeOf(ctx, input.store)
    const { channel, document, lines, occurredAt, idempotencyKey } = input
    return {
      program,
      command: {
        kind: 'purchase',
        memberId,
        documentId: derivedId('purchase', program.id, channel, document),
        channel,
        number: document,
        store,
        operator: principalName(ctx.principal),
        effectiveAt: occurredAt ?? ctx.now,
        lines,
        body: bodyOf({ program: program.id, channel, document, store, occurredAt, lines }),
        idempotencyKey: idempotencyKey ?? undefined,
      },
    }
  })
  const posted = (await post(ctx, orders.filter(isOrder))).values()
  return orders.map((order) => (isOrder(order) ? posted.next().value! : { ok: false, refusal: order }))
}

/** Those that were there when somebody asked last, unless one is named that was not. */
async function programsFor(
  { services: { programs } }: LedgerContext,
  inputs: readonly PurchaseInput[],
): Promise<readonly Program[]> {
  const remembered = await programs.remembered()
  return inputs.every(({ program }) => pickProgram(remembered, program)) ? remembered : programs.current()
}

/** Equal for the same purchase in other words: `50` and `50.00`, a field left out and a null. */
function bodyOf(purchase: Omit<PurchaseInput, 'member' | 'idempotencyKey'>): Buffer {
  const { program, channel, document, store, occurredAt, lines } = purchase
  const said: unknown[] = [program, channel, document, store ?? null, occurredAt ?? null]
  for (const { sku, category, quantity, amount } of lines) {
    said.push(
      sku || null,
      category || null,
      quantity ?? 1,
      String(parseDecimal(amount, DECIMALS_MAX) ?? amount),
    )
  }
  return sha256(JSON.stringify(said)).subarray(0, 16)
}

/** Those of the `Decimal` scalar. */
const DECIMALS_MAX = 9

/** A clerk sells in its own store, and in no other; so do managers in those of their part of the organisation. */
export function storeOf(ctx: LedgerContext, named: string | null | undefined): string | undefined {
  const { principal } = ctx
  if (principal.kind !== 'staff' || principal.node !== undefined || principal.role !== 'clerk') {
    return storeActedIn(principal, named)
  }
  if (named && named !== principal.store) {
    throw new ForbiddenError('A clerk records only for its own store.')
  }
  return principal.store
}

const isOrder = (value: Omit<Order, 'now'> | Refusal): value is Omit<Order, 'now'> => 'command' in value

const refusal = <Code extends PurchaseRefusal>(code: Code, path: string): Refusal<Code> =>
  fail(code, { path: [path] }).refusal
