import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openApart } from '../helpers/apart.ts'

let apart: Awaited<ReturnType<typeof openApart>>
let clerk: string
let memberId: string

beforeAll(async () => {
  apart = await openApart()
  clerk = (await apart.token({ kind: 'clerk', store: 'store-1' })).token
  memberId = (await apart.token({ kind: 'member' })).memberId!
})
afterAll(() => apart?.[Symbol.asyncDispose]())

const WHOLE = `query ($id: ID!) {
  member(id: $id) { number account { points { available } } entitlements { edges { node { id } } } }
}`
const whole = () => apart.ask(clerk, WHOLE, { id: memberId })
const partial = {
  data: { member: { number: expect.any(String), entitlements: null } },
  errors: [{ path: ['member', 'entitlements'], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }],
}

test('with one subgraph down the others answer under load, and it is back within a second of its return', async () => {
  expect((await whole()).errors).toBeUndefined()
  await apart.stop('benefits')
  for (let round = 0; round < 5; round++) {
    for (const answer of await Promise.all(Array.from({ length: 8 }, whole)))
      expect(answer).toMatchObject(partial)
  }
  await apart.start('benefits')
  const returned = performance.now()
  await vi.waitFor(async () => expect((await whole()).errors).toBeUndefined(), {
    timeout: 5_000,
    interval: 20,
  })
  expect(performance.now() - returned).toBeLessThan(1_000)
})

test('a subgraph that hangs costs its own fields and two seconds', async () => {
  const hang = new AbortController()
  apart.before.set('benefits', () => delay(60_000, undefined, { signal: hang.signal }).catch(() => {}))
  const asked = performance.now()
  expect(await whole()).toMatchObject(partial)
  expect(performance.now() - asked).toBeLessThan(4_000)
  apart.before.delete('benefits')
  hang.abort()
  await vi.waitFor(async () => expect((await whole()).errors).toBeUndefined(), 5_000)
})

test('the subgraph that has the member is down: the answer says so and the service lives', async () => {
  await apart.stop('identity')
  expect(await whole()).toMatchObject({
    data: { member: null },
    errors: [{ path: ['member'], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }],
  })
  await apart.start('identity')
  await vi.waitFor(async () => expect((await whole()).errors).toBeUndefined(), 5_000)
})
