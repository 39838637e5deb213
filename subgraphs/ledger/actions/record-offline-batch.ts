import { hasScopes } from '../../../kernel/auth/principal.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import {
  isPurchase,
  isSignedBy,
  type OfflineActivity,
  type OfflineEvent,
  type OfflinePurchase,
  type OfflineReturn,
  publicKeyFrom,
  readBatch,
} from '../domain/offline-batch.ts'
import {
  claimSequences,
  markRecorded,
  missingSequences,
  readTerminal,
  type Terminal,
} from '../store/terminals.ts'
import type { Posted } from './post-batch.ts'
import { recordActivity } from './record-activity.ts'
import { type PurchaseRefusal, recordPurchases, storeOf } from './record-purchases.ts'
import { resolveMembers } from './resolve-members.ts'
import { returnPurchase } from './return-purchase.ts'

export interface OfflineBatchInput {
  readonly deviceId: string
  readonly payload: string
  readonly signature: string
}

export type OfflineOutcome = Result<Posted, PurchaseRefusal | 'SEQUENCE_REUSED'> | Error

export interface OfflineBatch {
  readonly results: readonly {
    readonly sequence: number
    readonly kind: 'purchase' | 'return' | 'activity'
    readonly result: OfflineOutcome
  }[]
  readonly missing: readonly { readonly from: bigint; readonly to: bigint }[]
}

const GAPS_MAX = 100

/**
 * Takes what a terminal signed. A sequence number is taken for one event before that is recorded, so that two events
 * under one number never both are; an event that comes again finds its document recorded by its own number. Returns come
 * after the purchases of the batch, in the terminal's order.
 */
export async function recordOfflineBatch(
  ctx: LedgerContext,
  { deviceId, payload, signature }: OfflineBatchInput,
): Promise<Result<OfflineBatch, 'TERMINAL_NOT_KNOWN' | 'SIGNATURE_NOT_VALID' | 'BATCH_NOT_VALID'>> {
  const { query } = ctx.db
  const terminal = await readTerminal(query, deviceId)
  if (!terminal || terminal.revokedAt !== undefined) return fail('TERMINAL_NOT_KNOWN', { path: ['deviceId'] })
  if (!isSignedBy(keyOf(ctx, terminal), payload, signature)) {
    return fail('SIGNATURE_NOT_VALID', { path: ['signature'] })
  }
  const read = readBatch(payload)
  if (!read.ok) return read
  const events = read.value
  checkRights(ctx, terminal, events)
  const claimed = await claimSequences(query, deviceId, events, ctx.now)
  const own = events.filter(({ sequence, digest }) => claimed.get(sequence)?.equals(digest))
  const outcomes = await recordAll(ctx, terminal, own)
  const dealtWith = own.filter((event) => isSettled(event, outcomes.get(event.sequence)!))
  await markRecorded(
    query,
    deviceId,
    dealtWith.map(({ sequence }) => sequence),
    ctx.now,
  )
  return ok({
    results: events.map(({ sequence, kind }) => ({
      sequence,
      kind: kind ?? 'purchase',
      result: outcomes.get(sequence) ?? reused(sequence),
    })),
    missing: await missingSequences(query, deviceId, GAPS_MAX),
  })
}

/** The batch with the purchase of a return may be still to come: the return is told as missing until it has. */
const isSettled = ({ kind }: OfflineEvent, outcome: OfflineOutcome): boolean =>
  !(outcome instanceof Error) &&
  (outcome.ok || kind !== 'return' || outcome.refusal.code !== 'PURCHASE_NOT_FOUND')

/** Whoever hands in may do what stands in it: a clerk for its own store, and activities only who may record them. */
function checkRights(ctx: LedgerContext, { store }: Terminal, events: readonly OfflineEvent[]): void {
  storeOf(ctx, store)
  if (events.some(({ kind }) => kind === 'activity') && !hasScopes(ctx.principal, [['points:grant']]))
    throw new ForbiddenError()
}

async function recordAll(
  ctx: LedgerContext,
  terminal: Terminal,
  events: readonly OfflineEvent[],
): Promise<Map<number, OfflineOutcome>> {
  const purchases = events.filter(isPurchase)
  const recorded = await recordPurchases(
    ctx,
    purchases.map((event) => purchaseOf(terminal, event)),
  )
  const outcomes = new Map<number, OfflineOutcome>(
    purchases.map(({ sequence }, index) => [sequence, recorded[index]!]),
  )
  const rest = events.filter((event) => !isPurchase(event)).toSorted((a, b) => a.sequence - b.sequence)
  for (const event of rest) outcomes.set(event.sequence, await recordAlone(ctx, terminal, event))
  return outcomes
}

/** One event's failure does not touch another's. */
async function recordAlone(
  ctx: LedgerContext,
  terminal: Terminal,
  event: OfflineReturn | OfflineActivity,
): Promise<OfflineOutcome> {
  try {
    return event.kind === 'return'
      ? await returnPurchase(ctx, returnOf(terminal, event))
      : await recordDone(ctx, terminal, event)
  } catch (error) {
    ctx.log.error({ error, sequence: event.sequence }, 'an event of a terminal failed')
    return error as Error
  }
}

async function recordDone(
  ctx: LedgerContext,
  { channel, store }: Terminal,
  { program, occurredAt, document, member, code, quantity, amount }: OfflineActivity,
): Promise<OfflineOutcome> {
  const [memberId] = await resolveMembers(ctx, [member])
  if (!memberId) return fail('MEMBER_NOT_FOUND', { path: ['member'] })
  return recordActivity(ctx, {
    program,
    memberId,
    code,
    quantity,
    amount,
    channel,
    store,
    document,
    occurredAt,
  })
}

const keyOf = (ctx: LedgerContext, terminal: Terminal) =>
  terminal.publicKey === undefined
    ? { secret: ctx.services.secretOf(terminal) }
    : { publicKey: publicKeyFrom(terminal.publicKey)! }

const returnOf = (
  { channel, store }: Terminal,
  { program, occurredAt, document, purchase, lines, reason }: OfflineReturn,
) => ({
  ...{ program, channel, store, document, occurredAt, lines, reason },
  purchase: { channel: purchase.channel ?? channel, document: purchase.document },
})

const purchaseOf = (
  { channel, store }: Terminal,
  { program, occurredAt, document, member, lines }: OfflinePurchase,
) => ({
  ...(program === undefined ? {} : { program }),
  member: {
    id: 'id' in member ? member.id : null,
    identity: 'identity' in member ? { ...member.identity, scope: member.identity.scope ?? null } : null,
  },
  channel,
  store,
  document,
  occurredAt,
  lines: lines.map((line) => ({
    sku: line.sku ?? null,
    category: line.category ?? null,
    quantity: line.quantity ?? null,
    amount: line.amount,
  })),
})

const reused = (sequence: number) => fail('SEQUENCE_REUSED', { details: { sequence: String(sequence) } })
