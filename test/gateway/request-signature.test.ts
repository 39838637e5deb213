import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import {
  CLAIMS_HEADER,
  type Claims,
  ownNonces,
  SIGNATURE_HEADER,
  signatureVerifier,
  signRequest,
  targetOf,
} from '../../kernel/auth/request-signature.ts'
import { remotePeers } from '../../kernel/peers.ts'
import { instant } from '../../kernel/values/instant.ts'

const key = randomBytes(32)
const now = instant('2026-01-01T00:00:00Z')
const target = targetOf('ledger', 'ledger:4002')
const request = { method: 'POST', path: '/graphql', body: '{"query":"{ me { id } }"}', target }
const claims: Claims = {
  principal: { kind: 'staff', staffId: 'c', role: 'clerk' },
  language: 'zh-CN',
  requestId: 'r-1',
}
const adminClaims = Buffer.from(
  JSON.stringify({ ...claims, principal: { kind: 'staff', staffId: 'c', role: 'admin' } }),
).toString('base64url')

test('what was signed is believed', () => {
  expect(signatureVerifier(key)(request, signRequest(key, request, claims, now), now)).toEqual(claims)
})

test.for([
  ['another body', { request: { ...request, body: '{"query":"{ members { id } }"}' } }, 'does not match'],
  ['another path', { request: { ...request, path: '/internal/events' } }, 'does not match'],
  ['another method', { request: { ...request, method: 'PUT' } }, 'does not match'],
  [
    'another subgraph',
    { request: { ...request, target: targetOf('identity', 'ledger:4002') } },
    'does not match',
  ],
  [
    'another address',
    { request: { ...request, target: targetOf('ledger', '10.0.0.9:4002') } },
    'does not match',
  ],
  ['other claims', { headers: { [CLAIMS_HEADER]: adminClaims } }, 'does not match'],
  ['another key', { key: randomBytes(32) }, 'does not match'],
  ['no signature', { headers: { [SIGNATURE_HEADER]: '' } }, 'not signed'],
  ['a signature of another form', { headers: { [SIGNATURE_HEADER]: 't=1,s=x' } }, 'not signed'],
  ['a request of half a minute ago', { now: now + 30_001 }, 'too old'],
  ['a request from the future', { now: now - 30_001 }, 'too old'],
] as const)('%s is refused', ([, changed, why]) => {
  const given = { key, request, headers: {}, now, ...changed }
  const headers = { ...signRequest(key, request, claims, now), ...given.headers }
  expect(() => signatureVerifier(given.key)(given.request, headers, instant(given.now))).toThrow(why)
})

test('a time that was changed to be fresh is refused', () => {
  const headers = signRequest(key, request, claims, now)
  const later = now + 3_600_000
  const fresh = {
    ...headers,
    [SIGNATURE_HEADER]: headers[SIGNATURE_HEADER]!.replace(`t=${now}`, `t=${later}`),
  }
  expect(() => signatureVerifier(key)(request, fresh, instant(later))).toThrow('does not match')
})

test('the same request twice is refused, and so is it a little later', () => {
  const verify = signatureVerifier(key)
  const headers = signRequest(key, request, claims, now)
  verify(request, headers, now)
  expect(() => verify(request, headers, now)).toThrow('seen before')
  expect(() => verify(request, headers, instant(now + 29_000))).toThrow('seen before')
})

test('a nonce is remembered for as long as it could be replayed, and not longer', () => {
  const verify = signatureVerifier(key)
  const early = signRequest(key, request, claims, now + 29_000) // The signer's clock is ahead.
  verify(request, early, now)
  expect(() => verify(request, early, instant(now + 58_000))).toThrow('seen before')
  for (let minute = 1; minute <= 5; minute++) {
    const at = instant(now + minute * 61_000)
    verify(request, signRequest(key, request, claims, at), at)
  }
})

test('while the key is changed both are believed, then only the new one', () => {
  const [old, fresh] = [key, randomBytes(32)]
  const byOld = () => signRequest(old, request, claims, now)
  const byFresh = () => signRequest(fresh, request, claims, now)
  for (const headers of [byOld(), byFresh()])
    expect(signatureVerifier([old, fresh])(request, headers, now)).toEqual(claims)
  expect(() => signatureVerifier([fresh])(request, byOld(), now)).toThrow('does not match')
})

test('two copies of a subgraph that share their nonces refuse what the other has seen', async () => {
  const shared = ownNonces()
  const nonces = { use: async (...given: Parameters<typeof shared.use>) => shared.use(...given) }
  const [one, two] = [signatureVerifier(key, nonces), signatureVerifier(key, nonces)]
  const headers = signRequest(key, request, claims, now)
  expect(await one(request, headers, now)).toEqual(claims)
  await expect(two(request, headers, now)).rejects.toThrow('seen before')
})

test('a subgraph is told what the gateway says, and nothing that its caller sent', async () => {
  const seen: Record<string, unknown>[] = []
  const server = createServer((asked, answer) => {
    seen.push(asked.headers)
    answer.setHeader('content-type', 'application/json').end('{"data":{}}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const urls = { identity: url, ledger: url, benefits: url, campaigns: url }
  const peers = remotePeers({ urls, linkKey: key, clock: { now: () => now } })
  await peers.execute('ledger', { query: '{ programs { id } }' }, claims)
  await peers[Symbol.asyncDispose]()
  server.close()
  const sent = Object.keys(seen[0]!).filter(
    (name) => !['host', 'connection', 'content-length'].includes(name),
  )
  expect(sent.sort()).toEqual(['content-type', CLAIMS_HEADER, SIGNATURE_HEADER])
})
