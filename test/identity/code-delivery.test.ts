import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { silentLog } from '../../kernel/log.ts'
import { codeDelivery } from '../../subgraphs/identity/services/code-delivery.ts'
import { anonymous } from '../helpers/graph.ts'
import { playServer } from './play-server.ts'
import { openIdentity } from './story.ts'

const phone = '13812341234'
const secret = 'a secret of thirty-two characters'
const key = Buffer.alloc(32).toString('base64')
const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://unused',
  HUITONG_MASTER_KEY: key,
  HUITONG_INDEX_KEY: key,
  HUITONG_LINK_KEY: key,
  HUITONG_TOKEN_KEY: 'unused',
}

/** A sender of text messages that answers with one status after the other, the last one for good. */
async function playSender(...statuses: (number | 'silence')[]) {
  const taken: { headers: IncomingMessage['headers']; body: string }[] = []
  const server = await playServer(async (request, response) => {
    taken.push({ headers: request.headers, body: await text(request) })
    const status = statuses.length > 1 ? statuses.shift()! : statuses[0]!
    if (status === 'silence') return
    response.statusCode = status
    response.end('{}')
  })
  return { ...server, taken }
}

test('in production a code is handed to the sender, signed, and proves the phone', async () => {
  await using sender = await playSender(202)
  const env = { ...production, CODE_WEBHOOK_URL: `${sender.url}/sms`, CODE_WEBHOOK_SECRET: secret }
  await using identity = await openIdentity(env)
  const { challenge, refusal } = await identity.requestCode(phone)
  expect(refusal).toBeNull()
  expect(challenge).toEqual({ expiresAt: '2026-01-01T00:05:00.000Z', code: null })

  expect(sender.taken).toHaveLength(1)
  const { headers, body } = sender.taken[0]!
  const message = JSON.parse(body)
  expect(message).toEqual({
    id: expect.any(String),
    phone: '+8613812341234',
    code: expect.stringMatching(/^\d{6}$/),
    purpose: 'SIGN_IN',
    language: 'en',
    expiresInSeconds: 300,
  })
  expect(headers['idempotency-key']).toBe(message.id)
  const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['huitong-signature']))!
  expect(seconds).toBe('1767225600')
  expect(signature).toBe(createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex'))

  const proof = { phoneCode: { phone, code: message.code } }
  expect((await identity.signIn(anonymous, proof)).refusal?.code).toBe('MEMBER_NOT_FOUND')
})

test('a code that the sender did not take is sent when the call comes again with its key, once', async () => {
  await using sender = await playSender(400, 200)
  const env = { ...production, CODE_WEBHOOK_URL: sender.url, CODE_WEBHOOK_SECRET: secret }
  await using identity = await openIdentity(env)
  const call = () => identity.requestCode(phone, 'SIGN_IN', { idempotencyKey: 'k' })
  expect((await call()).refusal?.code).toBe('CODE_DELIVERY_UNAVAILABLE')
  expect((await call()).refusal).toBeNull()
  expect((await call()).refusal).toBeNull()
  expect(sender.taken).toHaveLength(2)
  expect(new Set(sender.taken.map(({ body }) => body)).size).toBe(1)
})

test.for([
  ['takes it at once', [204], true, 1],
  ['is overloaded twice', [503, 429, 200], true, 3],
  ['is broken', [500], false, 3],
  ['is silent, then takes it', ['silence', 200], true, 2],
  ['refuses the phone', [422], false, 1],
  ['sends us elsewhere', [302], false, 1],
] as const)('a sender that %s', async ([, statuses, ok, calls]) => {
  await using sender = await playSender(...statuses)
  const delivery = codeDelivery({
    url: sender.url,
    secret,
    now: () => 0,
    log: silentLog,
    timeoutMs: 300,
    pausesMs: [1, 1],
  })
  const message = { id: 'm-1', phone: '+8613812341234', code: '123456', purpose: 'SIGN_IN' }
  const sent = await delivery.send({ ...message, language: 'en', expiresInSeconds: 300 })
  expect([sent.ok, sender.taken.length]).toEqual([ok, calls])
})

test('one address asks for sixty codes an hour, whatever the phones', async () => {
  await using identity = await openIdentity()
  const ask = (index: number, address = '203.0.113.9') =>
    identity.from<{ refusal: { code: string; details: { value: string }[] } | null }>(
      address,
      'requestCode',
      'RequestCodeInput',
      { phone: `138${String(index).padStart(8, '0')}` },
      'challenge { code }',
    )
  for (let index = 0; index < 60; index++) expect((await ask(index)).refusal).toBeNull()
  expect((await ask(60)).refusal).toMatchObject({ code: 'CODE_RATE_LIMITED', details: [{ value: '3600' }] })
  expect((await ask(61, '203.0.113.10')).refusal).toBeNull()
  identity.clock.advance(3_600_000)
  expect((await ask(62)).refusal).toBeNull()
  expect(JSON.stringify(await identity.sql('select * from identity.attempt_count'))).not.toContain('203.0')
})

test('ten thousand guesses from one address over many phones: thirty are looked at', async () => {
  await using identity = await openIdentity()
  const phones = Array.from({ length: 15 }, (_, index) => `1390000${String(1000 + index)}`)
  const codes = new Map<string, string>()
  for (const one of phones) codes.set(one, await identity.code(one))
  const tally: Record<string, number> = {}
  for (let batch = 0; batch < 100; batch++) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const guessed = phones[index % phones.length]!
        const code = String(batch * 100 + index).padStart(6, '0')
        const answer = await identity.from<{ refusal: { code: string } }>(
          '203.0.113.9',
          'signIn',
          'SignInInput',
          { proof: { phoneCode: { phone: guessed, code: codes.get(guessed) === code ? '999999' : code } } },
          'session { accessToken }',
        )
        return answer.refusal.code
      }),
    )
    for (const code of answers) tally[code] = (tally[code] ?? 0) + 1
  }
  expect(Object.keys(tally).sort()).not.toContain('MEMBER_NOT_FOUND')
  expect(tally.CODE_RATE_LIMITED).toBeGreaterThan(9_900)
  // From elsewhere a phone has its own three tries, and not one more.
  const { refusal } = await identity.signIn(anonymous, {
    phoneCode: { phone: phones[0], code: codes.get(phones[0]!) },
  })
  expect(['CODE_TRIES_EXHAUSTED', 'MEMBER_NOT_FOUND', 'CODE_EXPIRED']).toContain(refusal!.code)
}, 60_000)

test('a phone gets ten codes a day', async () => {
  await using identity = await openIdentity()
  for (let round = 0; round < 10; round++) {
    if (round === 5) identity.clock.advance(3_600_000)
    await identity.code(phone)
  }
  identity.clock.advance(3_600_000)
  expect((await identity.requestCode(phone)).refusal?.code).toBe('CODE_RATE_LIMITED')
})
