import { createHmac, createPublicKey, hkdfSync, type KeyObject, timingSafeEqual, verify } from 'node:crypto'
import { z } from 'zod'
import { canonicalJson, sha256 } from '../../../kernel/values/canonical.ts'
import { type Instant, instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

const EVENTS_MAX = 500
const text = z.string().min(1).max(255)
const amount = z.string().regex(/^-?\d{1,15}(\.\d{1,9})?$/)
const quantity = z.int().max(1_000_000).optional()

const every = {
  /** The terminal counts its events from 1. */
  sequence: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  program: text.optional(),
  occurredAt: z.iso.datetime({ offset: true }),
  document: text,
}
const member = z.union([
  z.strictObject({ id: text }),
  z.strictObject({ identity: z.strictObject({ kind: text, scope: text.optional(), value: text }) }),
])

const event = z.discriminatedUnion('kind', [
  z.strictObject({
    ...every,
    kind: z.literal('purchase').optional(),
    member,
    lines: z.array(z.strictObject({ sku: text.optional(), category: text.optional(), quantity, amount })),
  }),
  z.strictObject({
    ...every,
    kind: z.literal('return'),
    /** Without a channel, one of the terminal's own. */
    purchase: z.strictObject({ channel: text.optional(), document: text }),
    lines: z
      .array(z.strictObject({ line: z.int().min(0).max(10_000), quantity, amount: amount.optional() }))
      .optional(),
    reason: text,
  }),
  z.strictObject({
    ...every,
    kind: z.literal('activity'),
    member,
    code: text,
    quantity,
    amount: amount.optional(),
  }),
])
const batch = z.strictObject({ events: z.array(event).min(1).max(EVENTS_MAX) })

type Placed<Read> = Read extends unknown
  ? Omit<Read, 'occurredAt'> & {
      readonly occurredAt: Instant
      /** Equal for equal events. */
      readonly digest: Buffer
    }
  : never

/** What a terminal recorded while it had no connection: what was bought, taken back, or done. */
export type OfflineEvent = Placed<z.infer<typeof event>>
export type OfflineReturn = Extract<OfflineEvent, { kind: 'return' }>
export type OfflineActivity = Extract<OfflineEvent, { kind: 'activity' }>
export type OfflinePurchase = Exclude<OfflineEvent, OfflineReturn | OfflineActivity>

export const isPurchase = (one: OfflineEvent): one is OfflinePurchase =>
  one.kind === undefined || one.kind === 'purchase'

/** Reads what was signed, or says what is wrong with it. */
export function readBatch(payload: string): Result<OfflineEvent[], 'BATCH_NOT_VALID'> {
  const notValid = (fault: string) => fail('BATCH_NOT_VALID', { path: ['payload'], details: { fault } })
  let json: unknown
  try {
    json = JSON.parse(payload)
  } catch {
    return notValid('it is not JSON')
  }
  const read = batch.safeParse(json)
  if (!read.success) {
    const [issue] = read.error.issues
    return notValid(`${issue!.path.join('.')}: ${issue!.message}`)
  }
  const { events } = read.data
  const sequences = new Set(events.map(({ sequence }) => sequence))
  if (sequences.size < events.length) return notValid('a sequence number stands in it twice')
  return ok(
    events.map((one) => ({
      ...one,
      occurredAt: instant(one.occurredAt),
      digest: sha256(canonicalJson(one)),
    })),
  )
}

/** How a terminal signs: by the private half of a key, or by a secret that it shares with us. */
export type TerminalKey = { readonly publicKey: KeyObject } | { readonly secret: Buffer }

/** The public half of an ES256 key; undefined where the text is none. */
export function publicKeyFrom(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem)
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined
  } catch {
    return undefined
  }
}

const SECRET_BYTES = 32

/** The secret of a terminal follows from a key of the deployment: none has to be kept. A new registration has another. */
export const terminalSecret = (key: Buffer, deviceId: string, registeredAt: Instant): Buffer =>
  Buffer.from(hkdfSync('sha256', key, '', `terminal:${registeredAt}:${deviceId}`, SECRET_BYTES))

export function isSignedBy(key: TerminalKey, payload: string, signature: string): boolean {
  const given = Buffer.from(signature, 'base64url')
  if ('publicKey' in key) {
    const { publicKey } = key
    return verify('sha256', Buffer.from(payload), { key: publicKey, dsaEncoding: 'ieee-p1363' }, given)
  }
  const due = createHmac('sha256', key.secret).update(payload).digest()
  return given.length === due.length && timingSafeEqual(given, due)
}
