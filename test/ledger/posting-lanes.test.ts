import { expect, onTestFinished, test, vi } from 'vitest'
import type { Order, PostResult } from '../../subgraphs/ledger/actions/post-batch.ts'
import { PostingLanes } from '../../subgraphs/ledger/actions/posting-lanes.ts'

const order = (memberId: string, number = '1') => ({ command: { memberId, number } }) as unknown as Order
const many = (count: number) => Array.from({ length: count }, (_, n) => order(`m${n}`))
const names = (orders: readonly Order[]) =>
  orders.map(({ command }) => `${command.memberId}${command.number}`).join(' ')
const idle = () => new Promise((resolve) => setImmediate(resolve))

/** Lanes whose batches are held back until the test lets them go. */
function heldLanes() {
  const batches: { orders: string; finish: () => Promise<unknown>; fail: () => Promise<unknown> }[] = []
  const lanes = new PostingLanes(
    (orders) =>
      new Promise((resolve, reject) => {
        batches.push({
          orders: names(orders),
          finish: () => {
            resolve(orders.map((one) => names([one]) as unknown as PostResult))
            return idle()
          },
          fail: () => {
            reject(new Error('down'))
            return idle()
          },
        })
      }),
  )
  return { lanes, batches, sizes: () => batches.map(({ orders }) => orders.split(' ').length) }
}

test('a command that comes alone waits for nobody; what comes while it is posted is the next batch', async () => {
  const { lanes, batches } = heldLanes()
  const all = ['a', 'b', 'c'].map((member) => lanes.post(order(member)))
  expect(batches.map(({ orders }) => orders)).toEqual(['a1'])
  await batches[0]!.finish()
  expect(batches.map(({ orders }) => orders)).toEqual(['a1', 'b1 c1'])
  await batches[1]!.finish()
  expect(await Promise.all(all)).toEqual(['a1', 'b1', 'c1'])
  expect(batches).toHaveLength(2)
})

test('where enough wait, a second batch goes beside the first, and no third', async () => {
  const { lanes, batches, sizes } = heldLanes()
  const all = [order('a'), ...many(60)].map((one) => lanes.post(one))
  expect(sizes()).toEqual([1, 16])
  await batches[0]!.finish()
  expect(sizes()).toEqual([1, 16, 44])
  await batches[1]!.finish()
  await batches[2]!.finish()
  await Promise.all(all)
})

test('a batch goes beside another when it is as large as that one', async () => {
  const { lanes, batches, sizes } = heldLanes()
  const all = [order('a'), ...many(60)].map((one) => lanes.post(one))
  await batches[0]!.finish()
  await batches[1]!.finish()
  expect(sizes()).toEqual([1, 16, 44])
  for (let n = 0; n < 43; n++) all.push(lanes.post(order(`n${n}`)))
  expect(sizes()).toEqual([1, 16, 44])
  all.push(lanes.post(order('o')))
  expect(sizes()).toEqual([1, 16, 44, 44])
  all.push(lanes.post(order('p')))
  await batches[2]!.finish()
  // One is not worth a batch beside the other.
  expect(sizes()).toEqual([1, 16, 44, 44])
  await batches[3]!.finish()
  expect(sizes()).toEqual([1, 16, 44, 44, 1])
  await batches[4]!.finish()
  await Promise.all(all)
})

test('who waits for a batch that takes long, or comes to it, does not wait for its end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { lanes, batches } = heldLanes()
  const all = ['a', 'b'].map((member) => lanes.post(order(member)))
  vi.advanceTimersByTime(249)
  expect(batches).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(batches.map(({ orders }) => orders)).toEqual(['a1', 'b1'])
  await batches[1]!.finish()
  all.push(lanes.post(order('c')))
  expect(batches.map(({ orders }) => orders)).toEqual(['a1', 'b1', 'c1'])
  await batches[0]!.finish()
  await batches[2]!.finish()
  await Promise.all(all)
})

test('a member is in one lane at a time, and its commands follow each other', async () => {
  const { lanes, batches } = heldLanes()
  const all = [order('a', '1'), order('a', '2'), ...many(16), order('a', '3')].map((one) => lanes.post(one))
  expect(batches).toHaveLength(2)
  await batches[1]!.finish()
  expect(batches).toHaveLength(2)
  await batches[0]!.finish()
  expect(batches.at(-1)!.orders).toBe('a2 a3')
  await batches[2]!.finish()
  await Promise.all(all)
})

test('where more wait than go into a batch, both lanes take from them, and one member still has one lane', async () => {
  const { lanes, batches, sizes } = heldLanes()
  const first = lanes.post(order('a'))
  const others = Array.from({ length: 600 }, (_, n) => lanes.post(order(`m${n % 300}:`, String(n))))
  expect(sizes()).toEqual([1, 16])
  await batches[0]!.finish()
  expect(sizes()).toEqual([1, 16, 250])
  for (let at = 1; at < batches.length; at++) await batches[at]!.finish()
  await Promise.all([first, ...others])
  expect(sizes().reduce((sum, size) => sum + size, 0)).toBe(601)
  const places = batches.flatMap(({ orders }) => orders.split(' '))
  for (let n = 0; n < 300; n++)
    expect(places.indexOf(`m${n}:${n}`)).toBeLessThan(places.indexOf(`m${n}:${n + 300}`))
})

test('what makes a batch fail is told to each of its callers, and the next goes on', async () => {
  const { lanes, batches } = heldLanes()
  const one = lanes.post(order('a'))
  const [other, later] = [lanes.post(order('b')), lanes.post(order('a', '2'))]
  const told = expect(one).rejects.toThrow('down')
  await batches[0]!.fail()
  await told
  await batches[1]!.finish()
  expect(await Promise.all([other, later])).toEqual(['b1', 'a2'])
})

test('twenty thousand may wait, the next one is told to come again', async () => {
  const { lanes, batches } = heldLanes()
  const all = Array.from({ length: 20_017 }, (_, n) => lanes.post(order(`m${n}`)))
  await expect(lanes.post(order('late'))).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  for (let at = 0; at < batches.length; at++) await batches[at]!.finish()
  await Promise.all(all)
})
