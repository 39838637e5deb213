import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { isSignedBy, type OfflineEvent, publicKeyFrom, readBatch } from '../domain/offline-batch.ts'
import {
  claimSequences,
  markRecorded,
  missingSequences,
  readTerminal,
  type Terminal,
} from '../store/terminals.ts'
import type { Posted } from './post-batch.ts'
import { type PurchaseRefusal, recordPurchases } from './record-purchases.ts'

export interface OfflineBatchInput {
  readonly deviceId: string
  readonly payload: string
  readonly signature: string
}

export type OfflineOutcome = Result<Posted, PurchaseRefusal | 'SEQUENCE_REUSED'> | Error

export interface OfflineBatch {
  readonly results: readonly { readonly sequence: number; readonly result: OfflineOutcome }[]
  readonly missing: readonly { readonly from: bigint; readonly to: bigint }[]
}

const GAPS_MAX = 100

/**
 * Takes what a terminal signed. A sequence number is taken for one event before that is recorded, so that two events
 * under one number never both are; an event that comes again finds its purchase recorded by the number of its bill.
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
  const claimed = await claimSequences(query, deviceId, events, ctx.now)
  const own = events.filter(({ sequence, digest }) => claimed.get(sequence)?.equals(digest))
  const recorded = await recordPurchases(
    ctx,
    own.map((event) => purchaseOf(terminal, event)),
  )
  const outcomes = new Map(own.map(({ sequence }, index) => [sequence, recorded[index]!]))
  const dealtWith = own.filter(({ sequence }) => !(outcomes.get(sequence) instanceof Error))
  await markRecorded(
    query,
    deviceId,
    dealtWith.map(({ sequence }) => sequence),
    ctx.now,
  )
  return ok({
    results: events.map(({ sequence }) => ({ sequence, result: outcomes.get(sequence) ?? reused(sequence) })),
    missing: await missingSequences(query, deviceId, GAPS_MAX),
  })
}

const keyOf = (ctx: LedgerContext, terminal: Terminal) =>
  terminal.publicKey === undefined
    ? { secret: ctx.services.secretOf(terminal) }
    : { publicKey: publicKeyFrom(terminal.publicKey)! }

const purchaseOf = (
  { channel, store }: Terminal,
  { program, occurredAt, document, member, lines }: OfflineEvent,
) => ({
  ...(program === undefined ? {} : { program }),
  member: {
    id: member.id ?? null,
    identity: member.identity ? { ...member.identity, scope: member.identity.scope ?? null } : null,
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
