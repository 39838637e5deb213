import { createPublicKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { knownCallers } from '../../gateway/authenticate.ts'
import { tokenSigner } from '../../kernel/auth/access-token.ts'
import { UnauthenticatedError } from '../../kernel/errors.ts'
import { newSecrets } from '../../kernel/secrets.ts'
import { type Instant, instant } from '../../kernel/values/instant.ts'
import { clerk } from '../helpers/graph.ts'

const now = instant('2026-12-01T02:00:00Z')
const later = (seconds: number): Instant => (now + seconds * 1_000) as Instant

async function scene(options: { tokensMax?: number; lifeSecondsMax?: number } = {}) {
  const signer = tokenSigner(newSecrets().token)
  const [jwk] = await signer.publicKeys()
  const key = createPublicKey({ key: jwk as never, format: 'jwk' })
  let lookups = 0
  const callers = knownCallers(
    async () => {
      lookups += 1
      return key
    },
    { lifeSecondsMax: options.lifeSecondsMax, tokensMax: options.tokensMax },
  )
  return {
    callers,
    lookups: () => lookups,
    bearer: async (store: string, seconds = 60) =>
      `Bearer ${await signer.sign(clerk(store), { now, seconds })}`,
  }
}

test('a token is verified once, and who it names is the same each time', async () => {
  const { callers, lookups, bearer } = await scene()
  const header = await bearer('store-1')
  expect(await callers.of(header, now)).toEqual(clerk('store-1'))
  expect(callers.of(header, later(30))).toEqual(clerk('store-1'))
  expect(await callers.of(await bearer('store-2'), now)).toEqual(clerk('store-2'))
  expect(lookups()).toBe(2)
})

test('a token that is known ends when it says so, as one that is not known does', async () => {
  const { callers, lookups, bearer } = await scene()
  const header = await bearer('store-1')
  await callers.of(header, now)
  for (const seconds of [60, 64]) expect(callers.of(header, later(seconds))).toEqual(clerk('store-1'))
  const message = 'The access token has expired.'
  expect(() => callers.of(header, later(65))).toThrow(new UnauthenticatedError(message))
  await expect(callers.of(header, later(65))).rejects.toThrow(message)
  await expect((await scene()).callers.of(header, later(64))).rejects.toThrow('not valid')
  expect(lookups()).toBe(2)
})

test('a token that is not good is never remembered, nor one that lives too long', async () => {
  const { callers, lookups, bearer } = await scene({ lifeSecondsMax: 60 })
  const changed = (await bearer('store-1')).slice(0, -8)
  const long = await bearer('store-1', 61)
  for (const header of [changed, long, changed, long]) {
    await expect(callers.of(header, now)).rejects.toThrow('The access token is not valid.')
  }
  expect(lookups()).toBe(4)
})

test('so many are remembered and no more, the newest', async () => {
  const { callers, lookups, bearer } = await scene({ tokensMax: 2 })
  const [first, second, third] = await Promise.all(['a', 'b', 'c'].map((store) => bearer(store)))
  for (const header of [first, second, third, third, second]) await callers.of(header, now)
  expect(lookups()).toBe(3)
  await callers.of(first, now)
  expect(lookups()).toBe(4)
})
