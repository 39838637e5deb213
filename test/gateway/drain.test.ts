import { expect, test, vi } from 'vitest'
import { openFakeGateway } from './fakes/open-gateway.ts'

test('told to stop, it first is not ready, then still answers, then listens no more; nothing is cut off', async () => {
  await using gateway = await openFakeGateway({ drainSeconds: 1 })
  const url = await gateway.server.listen({ host: '127.0.0.1', port: 0 })
  const ready = async () => (await fetch(`${url}/health/ready`)).status
  const ask = async () => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ hello(name: \\"Ann\\") }"}',
    })
    return { connection: response.headers.get('connection'), body: await response.json() }
  }
  const answered = { data: { hello: 'Hello, Ann' } }
  expect(await ready()).toBe(200)
  const release = gateway.hold()
  const underWay = ask()
  await vi.waitFor(() => expect(gateway.holding()).toBe(1))

  const closing = gateway.server.close()
  await vi.waitFor(async () => expect(await ready()).toBe(503), { interval: 5 })
  const late = ask()
  await vi.waitFor(() => expect(gateway.holding()).toBe(2))
  release()
  expect(await late).toEqual({ connection: 'close', body: answered })
  expect((await underWay).body).toEqual(answered)

  await closing
  await expect(ready()).rejects.toThrow()
})
