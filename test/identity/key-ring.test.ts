import { createSecretKey, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { newSecrets, secretsFrom } from '../../kernel/secrets.ts'
import { openDataKey } from '../../subgraphs/identity/actions/data-key.ts'
import { places, seal } from '../../subgraphs/identity/domain/sealing.ts'
import { testSecrets } from '../helpers/graph.ts'
import { openIdentity } from './story.ts'

const nonce = Buffer.alloc(12)

test('a data key opens with the master key of before, until it goes', () => {
  const [now, before, index] = [randomBytes(32), randomBytes(32), randomBytes(32)].map((key) =>
    createSecretKey(key),
  )
  const dataKey = randomBytes(32)
  const wrapped = seal(before!, places.dataKey('anna'), dataKey, nonce)
  const ring = { master: now!, formerMasters: [before!], index: index! }
  expect(openDataKey(ring, 'anna', wrapped).export()).toEqual(dataKey)
  expect(() => openDataKey(ring, 'bob', wrapped)).toThrow('opens each data key')
  expect(() => openDataKey({ ...ring, formerMasters: [] }, 'anna', wrapped)).toThrow('opens each data key')
})

test('former keys come from the configuration', () => {
  const former = randomBytes(32)
  expect(secretsFrom(newSecrets(), [former.toString('base64')]).formerMasters).toEqual([former])
})

test('the daily job wraps anew what a former key wrapped, and leaves the sealed data alone', async () => {
  await using identity = await openIdentity()
  const anna = await identity.registered('13812341234', { name: 'Anna' })
  const read = () =>
    identity.sql<{ wrapped: Buffer; wrapped_with: string }>(
      'select wrapped, wrapped_with from identity.member_key',
    )
  const [fresh] = await read()
  await identity.sql('update identity.member_key set wrapped_with = null')
  await identity.runJob('rewrap-data-keys')
  const [anew] = await read()
  expect(anew!.wrapped).not.toEqual(fresh!.wrapped)
  expect(anew!.wrapped_with).toBe(fresh!.wrapped_with)
  const ring = {
    master: createSecretKey(testSecrets.master),
    formerMasters: [],
    index: createSecretKey(testSecrets.index),
  }
  expect(openDataKey(ring, anna, anew!.wrapped)).toEqual(openDataKey(ring, anna, fresh!.wrapped))
})
