import { describe, expect, test } from 'vitest'
import { instant, later } from '../../../kernel/values/instant.ts'
import {
  checkCode,
  mayRequestCode,
  type OneTimeCode,
} from '../../../subgraphs/identity/domain/one-time-code.ts'
import { decideRefresh, type RefreshTokenState } from '../../../subgraphs/identity/domain/refresh.ts'
import { blindIndex, codeOf, NONCE_BYTES, seal, unseal } from '../../../subgraphs/identity/domain/sealing.ts'
import { checkTags, type Tag, tagSet } from '../../../subgraphs/identity/domain/tags.ts'

const now = instant('2026-01-01T00:00:00Z')
const ago = (seconds: number) => later(now, -seconds * 1000)
const refusal = (result: { ok: boolean; refusal?: { code: string } }) =>
  result.ok ? 'ok' : result.refusal?.code

describe('a one-time code', () => {
  const fresh: OneTimeCode = { triesLeft: 3, expiresAt: later(now, 1), usedAt: undefined }
  test.each([
    ['never asked for', undefined, true, 'CODE_NOT_VALID'],
    ['right', fresh, true, 'ok'],
    ['wrong', fresh, false, 'CODE_NOT_VALID'],
    ['used, and right', { ...fresh, usedAt: now }, true, 'CODE_NOT_VALID'],
    ['expired this moment', { ...fresh, expiresAt: now }, true, 'CODE_EXPIRED'],
    ['right after three tries', { ...fresh, triesLeft: 0 }, true, 'CODE_TRIES_EXHAUSTED'],
    ['expired after three tries', { ...fresh, triesLeft: 0, expiresAt: now }, true, 'CODE_TRIES_EXHAUSTED'],
    ['wrong and expired', { ...fresh, expiresAt: now }, false, 'CODE_EXPIRED'],
  ] as const)('%s', (_, latest, matches, expected) => {
    expect(refusal(checkCode(latest, matches, now))).toBe(expected)
  })

  test.each([
    [[], 'ok'],
    [[59], '1'],
    [[60], 'ok'],
    [[100, 200, 300, 400], 'ok'],
    [[100, 200, 300, 400, 500], '3100'],
    [[100, 200, 300, 400, 3600], 'ok'],
  ])('asked for %o seconds ago: %s', (seconds, expected) => {
    const result = mayRequestCode(seconds.map(ago), now)
    expect(result.ok ? 'ok' : result.refusal.details?.retryAfterSeconds).toBe(expected)
  })
})

describe('a refresh token', () => {
  const fresh: RefreshTokenState = {
    expiresAt: later(now, 1),
    usedAt: undefined,
    usedWith: undefined,
    sessionRevoked: false,
  }
  test.each([
    ['unknown', undefined, undefined, 'REFRESH_TOKEN_NOT_VALID'],
    ['fresh', fresh, undefined, 'ok'],
    ['expired', { ...fresh, expiresAt: now }, undefined, 'REFRESH_TOKEN_NOT_VALID'],
    ['of a session that ended', { ...fresh, sessionRevoked: true }, undefined, 'REFRESH_TOKEN_NOT_VALID'],
    ['used', { ...fresh, usedAt: now }, undefined, 'REFRESH_TOKEN_REUSED'],
    [
      'used, of a session that ended',
      { ...fresh, usedAt: now, sessionRevoked: true },
      undefined,
      'REFRESH_TOKEN_NOT_VALID',
    ],
    ['used by this very call', { ...fresh, usedAt: ago(60), usedWith: 'k' }, 'k', 'ok'],
    [
      'used by this very call long ago',
      { ...fresh, usedAt: ago(61), usedWith: 'k' },
      'k',
      'REFRESH_TOKEN_REUSED',
    ],
    ['used by another call', { ...fresh, usedAt: now, usedWith: 'j' }, 'k', 'REFRESH_TOKEN_REUSED'],
  ] as const)('%s', (_, token, idempotencyKey, expected) => {
    expect(refusal(decideRefresh(token, { now, idempotencyKey }))).toBe(expected)
  })
})

describe('tags', () => {
  const tag = (source: string, more: Partial<Tag>): Tag => ({
    dimension: 'INTEREST',
    name: 'coffee',
    value: '',
    source,
    setBy: 'x',
    confidence: 1,
    setAt: now,
    expiresAt: undefined,
    ...more,
  })

  test('of several sources are one set', () => {
    const set = tagSet(
      [
        tag('APP', { value: 'weekly', confidence: 0.5 }),
        tag('WECHAT', { value: 'daily', confidence: 0.9 }),
        tag('STORE', { value: 'never', confidence: 0.9, setAt: ago(1) }),
        tag('STAFF', { value: 'gone', expiresAt: now }),
        tag('APP', { name: 'film' }),
        tag('APP', { dimension: 'REGION', name: 'coffee' }),
      ],
      now,
    )
    expect(
      set.map(({ dimension, name, value, source, sources }) => [dimension, name, value, source, sources]),
    ).toEqual([
      ['INTEREST', 'coffee', 'daily', 'WECHAT', ['APP', 'STORE', 'WECHAT']],
      ['INTEREST', 'film', '', 'APP', ['APP']],
      ['REGION', 'coffee', '', 'APP', ['APP']],
    ])
  })

  test.each([
    ['no tags', [], ['tags']],
    ['an empty name', [{ dimension: 'VALUE', name: ' ' }], ['tags', '0', 'name']],
    ['a long value', [{ dimension: 'VALUE', name: 'a', value: 'x'.repeat(65) }], ['tags', '0', 'value']],
    ['more than certain', [{ dimension: 'VALUE', name: 'a', confidence: 1.1 }], ['tags', '0', 'confidence']],
    ['no number', [{ dimension: 'VALUE', name: 'a', confidence: Number.NaN }], ['tags', '0', 'confidence']],
    ['expired', [{ dimension: 'VALUE', name: 'a', expiresAt: now }], ['tags', '0', 'expiresAt']],
  ] as const)('%s are refused', (_, given, path) => {
    const result = checkTags(given, now)
    expect(result.ok ? 'ok' : result.refusal).toEqual({ code: 'TAG_NOT_VALID', path })
  })

  test('of two with one name the last counts', () => {
    const result = checkTags(
      [
        { dimension: 'VALUE', name: 'a', value: '1' },
        { dimension: 'VALUE', name: ' a', value: '2' },
      ],
      now,
    )
    expect(result.ok && result.value.map(({ value }) => value)).toEqual(['2'])
  })
})

describe('sealing', () => {
  const key = Buffer.alloc(32, 1)
  const sealed = seal(key, 'profile:anna', Buffer.from('张小明'), Buffer.alloc(NONCE_BYTES, 2))

  test('opens with its key at its place', () => {
    expect(unseal(key, 'profile:anna', sealed).toString()).toBe('张小明')
  })

  test.each([
    ['another key', Buffer.alloc(32, 2), 'profile:anna', sealed],
    ['another place', key, 'profile:bob', sealed],
    [
      'a changed byte',
      key,
      'profile:anna',
      Buffer.from(sealed.map((byte, at) => (at === 20 ? byte ^ 1 : byte))),
    ],
  ])('does not open with %s', (_, otherKey, place, bytes) => {
    expect(() => unseal(otherKey, place, bytes)).toThrow()
  })

  test('finds an identifier by kind, scope and value, and by nothing less', () => {
    const hash = (kind: 'CARD' | 'SERIAL', scope: string, value: string) =>
      blindIndex(key, { kind, scope, value }).toString('hex')
    expect(hash('SERIAL', 'a', 'b')).toBe(hash('SERIAL', 'a', 'b'))
    expect(
      new Set([
        hash('SERIAL', 'a', 'b'),
        hash('CARD', 'a', 'b'),
        hash('SERIAL', '', 'ab'),
        hash('SERIAL', 'ab', ''),
      ]).size,
    ).toBe(4)
  })

  test('codes have six digits and differ by id', () => {
    expect(codeOf(key, 'a')).toMatch(/^\d{6}$/)
    expect(codeOf(key, 'a')).not.toBe(codeOf(key, 'b'))
  })
})
