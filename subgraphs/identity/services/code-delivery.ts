import { createHmac } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { Logger } from '../../../kernel/log.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

/** A one-time code on its way to a phone. */
export interface CodeMessage {
  /** The same for the same code: who delivers can tell a repetition. */
  readonly id: string
  readonly phone: string
  readonly code: string
  readonly purpose: string
  readonly language: string
  readonly expiresInSeconds: number
}

export interface CodeDelivery {
  send(message: CodeMessage): Promise<Result<true, 'CODE_DELIVERY_UNAVAILABLE'>>
}

interface WebhookOptions {
  readonly url: string
  readonly secret: string
  readonly now: () => number
  readonly log: Logger
  readonly timeoutMs?: number
  readonly pausesMs?: readonly number[]
}

const TIMEOUT_MS = 3_000
/** Between tries; the person waits for the answer. */
const PAUSES_MS = [200, 600]

/**
 * Hands codes to whoever sends text messages, by one signed HTTP request each: `POST <url>` with the message as JSON,
 * `Idempotency-Key: <id>`, and `Huitong-Signature: t=<seconds>,v1=<hex>`, HMAC-SHA-256 over `<seconds>.<body>`. 2xx
 * takes it; 408, 429, 5xx and silence are tried again; any other status is a refusal of the message.
 */
export function codeDelivery(options: WebhookOptions): CodeDelivery {
  const { url, secret, now, log, timeoutMs = TIMEOUT_MS, pausesMs = PAUSES_MS } = options
  const agent = new Agent({ connectTimeout: timeoutMs, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })

  /** The status; undefined for silence. */
  const post = async (body: string, id: string): Promise<number | undefined> => {
    const seconds = Math.floor(now() / 1000)
    const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
    try {
      const response = await request(url, {
        method: 'POST',
        dispatcher: agent,
        body,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'content-type': 'application/json',
          'idempotency-key': id,
          'huitong-signature': `t=${seconds},v1=${signature}`,
        },
      })
      // What it says besides does not matter; to read it frees the connection, and there is a bound to it.
      await response.body.dump({ limit: 65_536 })
      return response.statusCode
    } catch (error) {
      // The name only: the message holds a phone and its code.
      log.warn({ reason: (error as Error).name }, 'the sender of one-time codes cannot be reached')
      return undefined
    }
  }

  return {
    async send(message) {
      const body = JSON.stringify(message)
      for (const pause of [...pausesMs, undefined]) {
        const status = await post(body, message.id)
        if (status !== undefined && status >= 200 && status < 300) return ok(true)
        const passing = status === undefined || status === 408 || status === 429 || status >= 500
        if (!passing || pause === undefined) {
          log.warn({ status, id: message.id }, 'a one-time code was not taken')
          break
        }
        await delay(pause)
      }
      return fail('CODE_DELIVERY_UNAVAILABLE')
    },
  }
}
