import { expect, test } from 'vitest'
import { laneOf, openLanes } from '../../cli/import/lanes.ts'

interface Item {
  readonly member: string
  readonly at: number
}

/** Calls that are held back until the test lets them go. */
function heldCalls() {
  const calls: { items: readonly Item[]; finish: () => void; fail: (error: Error) => void }[] = []
  const work = (items: readonly Item[]) =>
    new Promise<number>((resolve, reject) => {
      calls.push({ items, finish: () => resolve(items.length), fail: reject })
    })
  return { calls, work }
}

const idle = () => new Promise((resolve) => setImmediate(resolve))

/** Two members of different lanes. */
const ANNA = 'anna'
const BERT = ['bert', 'bo', 'bill', 'bob'].find((name) => laneOf(name, 2) !== laneOf(ANNA, 2))!

const items = (...members: string[]): Item[] => members.map((member, at) => ({ member, at }))

function open(options: {
  work: (items: readonly Item[]) => Promise<number>
  batch?: number
  roundsMax?: number
}) {
  const acknowledged: [string, number][] = []
  const lanes = openLanes<Item, string, number>({
    count: 2,
    batch: options.batch ?? 10,
    roundsMax: options.roundsMax ?? 3,
    keyOf: (item) => item.member,
    work: options.work,
    acknowledge: async (round, results) => {
      acknowledged.push([round, results.reduce((a, b) => a + b, 0)])
    },
  })
  return { lanes, acknowledged }
}

test('a member stays in one lane, and its purchases go one call after the other in file order', async () => {
  const { calls, work } = heldCalls()
  const { lanes } = open({ work, batch: 2 })
  await lanes.post('one', items(ANNA, BERT, ANNA, ANNA))
  await idle()
  expect(calls.map((call) => call.items.map(({ member, at }) => [member, at]))).toEqual(
    expect.arrayContaining([
      [
        [ANNA, 0],
        [ANNA, 2],
      ],
      [[BERT, 1]],
    ]),
  )
  expect(calls).toHaveLength(2)
  calls.find((call) => call.items[0]!.member === ANNA)!.finish()
  await idle()
  expect(calls).toHaveLength(3)
  expect(calls[2]!.items.map(({ at }) => at)).toEqual([3])
})

test('a round is acknowledged when all rounds before it are', async () => {
  const { calls, work } = heldCalls()
  const { lanes, acknowledged } = open({ work })
  await lanes.post('one', items(ANNA))
  await lanes.post('two', items(BERT, BERT))
  await idle()
  calls[1]!.finish()
  await idle()
  expect(acknowledged).toEqual([])
  calls[0]!.finish()
  await lanes.settle()
  expect(acknowledged).toEqual([
    ['one', 1],
    ['two', 2],
  ])
})

test('a round without purchases is acknowledged in its turn', async () => {
  const { calls, work } = heldCalls()
  const { lanes, acknowledged } = open({ work })
  await lanes.post('one', items(ANNA))
  await lanes.post('only bad lines', [])
  await idle()
  expect(acknowledged).toEqual([])
  calls[0]!.finish()
  await lanes.settle()
  expect(acknowledged.map(([round]) => round)).toEqual(['one', 'only bad lines'])
})

test('reading waits when too many rounds are open', async () => {
  const { calls, work } = heldCalls()
  const { lanes } = open({ work, roundsMax: 2 })
  await lanes.post('one', items(ANNA))
  await lanes.post('two', items(ANNA))
  let posted = false
  const third = lanes.post('three', items(ANNA)).then(() => {
    posted = true
  })
  await idle()
  expect(posted).toBe(false)
  calls[0]!.finish()
  await third
  expect(posted).toBe(true)
})

test('after a failure nothing of its lane overtakes, and nothing from there on is acknowledged', async () => {
  const { calls, work } = heldCalls()
  const { lanes, acknowledged } = open({ work })
  await lanes.post('one', items(BERT))
  await lanes.post('two', items(ANNA))
  await lanes.post('three', items(ANNA, BERT))
  await idle()
  calls.find((call) => call.items[0]!.member === ANNA)!.fail(new Error('the database is gone'))
  calls.find((call) => call.items[0]!.member === BERT)!.finish()
  await idle()
  expect(calls.filter((call) => call.items[0]!.member === ANNA)).toHaveLength(1)
  calls.at(-1)!.finish()
  await expect(lanes.settle()).rejects.toThrow('the database is gone')
  expect(acknowledged).toEqual([['one', 1]])
  await expect(lanes.post('four', items(ANNA)).then(() => lanes.settle())).rejects.toThrow(
    'the database is gone',
  )
})

test('lanes are even', () => {
  const sizes = [0, 0, 0, 0]
  for (let n = 1; n <= 20_000; n++) sizes[laneOf(String(n).padStart(5, '0'), 4)]! += 1
  for (const size of sizes) expect(size).toBeGreaterThan(4_500)
})
