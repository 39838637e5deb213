import { createHmac, createPublicKey, hkdfSync, type KeyObject, timingSafeEqual, verify } from 'node:crypto'
import { z } from 'zod'
import { canonicalJson, sha256 } from '../../../kernel/values/canonical.ts'
import { type Instant, instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

/** What a terminal recorded of one purchase while it had no connection. */
export interface OfflineEvent {
  /** The terminal counts its events from 1. */
  readonly sequence: number
  readonly program?: string | undefined
  readonly occurredAt: Instant
  readonly document: string
  readonly member: {
    readonly id?: string | undefined
    readonly identity?: { kind: string; scope?: string | undefined; value: string } | undefined
  }
  readonly lines: readonly {
    readonly sku?: string | undefined
    readonly category?: string | undefined
    readonly quantity?: number | undefined
    readonly amount: string
  }[]
  /** Equal for equal events. */
  readonly digest: Buffer
}

const EVENTS_MAX = 500
const text = z.string().min(1).max(255)

const event = z.strictObject({
  sequence: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  program: text.optional(),
  occurredAt: z.iso.datetime({ offset: true }),
  document: text,
  member: z.union([
    z.strictObject({ id: text }),
    z.strictObject({ identity: z.strictObject({ kind: text, scope: text.optional(), value: text }) }),
  ]),
  lines: z.array(
    z.strictObject({
      sku: text.optional(),
      category: text.optional(),
      quantity: z.int().max(1_000_000).optional(),
      amount: z.string().regex(/^-?\d{1,15}(\.\d{1,9})?$/),
    }),
  ),
})
const batch = z.strictObject({ events: z.array(event).min(1).max(EVENTS_MAX) })

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
