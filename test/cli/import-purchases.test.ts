import { mkdtemp, readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { readColumnMap } from '../../cli/import/column-map.ts'
import { type ImportOptions, importPurchases } from '../../cli/import/import-purchases.ts'
import { inspectFile } from '../../cli/import/purchase-file.ts'
import { TestClock } from '../../kernel/clock.ts'
import { fakeDeployment } from './fake-deployment.ts'

interface Row {
  readonly member: string
  readonly date: string
  readonly amount: string
}

/** 5,000 purchases of 300 members, 16 of them bad or refused by the ledger. */
const ROWS: readonly Row[] = Array.from({ length: 5_000 }, (_, n) => ({
  member: `c${(n * 7919) % 300}`,
  date: n % 500 === 499 ? 'yesterday' : `2025-${String((n % 12) + 1).padStart(2, '0')}-15`,
  amount: n % 700 === 699 ? '666' : `${n % 90}.50`,
}))

const asCsv = (rows: readonly Row[]): string =>
  `customer,day,total\n${rows.map((row) => Object.values(row).join(',')).join('\n')}\n`

async function scene(content = asCsv(ROWS)) {
  const dataDir = await mkdtemp(join(tmpdir(), 'huitong-import-'))
  const path = join(dataDir, 'purchases.csv')
  await writeFile(path, content)
  const graph = fakeDeployment(dataDir)
  const said: string[] = []
  const run = async (options: Partial<ImportOptions> & { path?: string } = {}) => {
    said.length = 0
    return importPurchases(graph.deployment, {
      file: await inspectFile(options.path ?? path, { separator: undefined, hasHeader: true }),
      map: readColumnMap('member=customer,date=day,amount=total'),
      program: 'super-member',
      source: 'shop',
      channel: 'import:shop',
      batch: 100,
      lanes: 2,
      badLines: join(dataDir, 'bad.csv'),
      again: false,
      clock: TestClock.standingAt('2026-01-01T10:00:00Z'),
      terminal: new PassThrough() as never,
      say: (text) => void said.push(text),
      stop: new AbortController().signal,
      ...options,
    })
  }
  const badLines = () => readFile(join(dataDir, 'bad.csv'), 'utf8')
  return { dataDir, path, graph, run, said, badLines }
}

/** What must be the same however often the import was cut off. */
const endState = ({ graph }: Awaited<ReturnType<typeof scene>>) => ({
  members: [...graph.members.keys()].sort(),
  purchases: [...graph.purchases]
    .map(([document, { occurredAt, lines }]) => [document, occurredAt, lines])
    .sort(),
})

async function undisturbed() {
  const whole = await scene()
  expect(await whole.run()).toEqual({ exitCode: 0 })
  return { state: endState(whole), badLines: await whole.badLines(), said: [...whole.said] }
}

test('the whole file is recorded, the bad lines are written down', async () => {
  const { graph, run, said, badLines } = await scene()
  expect(await run()).toEqual({ exitCode: 0 })
  expect(graph.members.size).toBe(300)
  expect(graph.purchases.size).toBe(5_000 - 16)
  const bad = (await badLines()).trim().split('\n')
  expect(bad.slice(0, 3)).toEqual([
    'line,code,reason,text',
    '501,DATE_NOT_VALID,"""yesterday"" is not a date as YYYY-MM-DD","c281,yesterday,49.50"',
    '701,OCCURRED_IN_FUTURE,Not yet.,"c81,2025-04-15,666"',
  ])
  expect(bad).toHaveLength(17)
  const good = ROWS.filter(({ date, amount }) => date !== 'yesterday' && amount !== '666')
  const points = good.reduce((total, { amount }) => total + Math.floor(Number(amount)), 0)
  const summary = said.at(-1)!.split('\n')
  expect(summary).toEqual(
    expect.arrayContaining([
      'lines      5,000',
      'members    300 new, 0 known',
      'purchases  4,984 recorded, 0 already there',
      `points     ${points.toLocaleString('en')}`,
    ]),
  )
})

test("a member's purchases are recorded in file order", async () => {
  const { graph, run } = await scene()
  await run({ lanes: 4, batch: 7 })
  for (const documents of graph.order.values()) {
    const lines = documents.map((document) => Number(document.slice('line-'.length)))
    expect(lines).toEqual(lines.toSorted((a, b) => a - b))
  }
})

test.each([1, 2, 7, 20, 33])(
  'cut off after %i calls, the second run ends as an undisturbed one',
  async (calls) => {
    const whole = await undisturbed()
    const cut = await scene()
    cut.graph.failAfter(calls)
    await expect(cut.run()).rejects.toThrow(
      /^the connection is gone; stopped behind line \d+; the same command goes on from there$/,
    )
    cut.graph.failAfter(Number.POSITIVE_INFINITY)
    expect(await cut.run()).toEqual({ exitCode: 0 })
    expect(endState(cut)).toEqual(whole.state)
    expect(await cut.badLines()).toBe(whole.badLines)
    const figures = /lines.*|amount.*|points.*|bad lines *\d+/g
    expect(cut.said.at(-1)!.match(figures)).toEqual(whole.said.at(-1)!.match(figures))
  },
)

test('an interrupt finishes the calls under way and says how to go on', async () => {
  const whole = await undisturbed()
  const cut = await scene()
  const interrupt = new AbortController()
  cut.graph.onRecord((recorded) => recorded > 1_500 && interrupt.abort())
  expect(await cut.run({ stop: interrupt.signal })).toEqual({ exitCode: 130 })
  expect(cut.said.at(-1)).toMatch(/^stopped behind line \d+; the same command goes on from there/)
  expect(cut.graph.purchases.size).toBeLessThan(3_000)
  await cut.run()
  expect(cut.said[0]).toMatch(/^going on behind line \d+/)
  // All that was under way had been acknowledged: nothing was sent twice.
  expect(cut.said.at(-1)).toContain('4,984 recorded, 0 already there')
  expect(endState(cut)).toEqual(whole.state)
})

test('a second run does nothing; --again sends all and changes nothing', async () => {
  const whole = await scene()
  await whole.run()
  const before = endState(whole)
  whole.graph.failAfter(0)
  expect(await whole.run()).toEqual({ exitCode: 0 })
  expect(whole.said).toEqual([
    `${whole.path} was already imported completely on 2026-01-01 10:00 UTC; nothing to do (use --again to send it once more)`,
  ])
  whole.graph.failAfter(Number.POSITIVE_INFINITY)
  await whole.run({ again: true })
  expect(whole.said.at(-1)).toContain('purchases  0 recorded, 4,984 already there')
  expect(whole.said.at(-1)).toContain('members    0 new, 300 known')
  expect(endState(whole)).toEqual(before)
})

test('a changed file is not taken for the one that was begun', async () => {
  const { run, path, said } = await scene()
  await run()
  await writeFile(path, asCsv([...ROWS, { member: 'c1', date: '2025-01-01', amount: '5.00' }]))
  await expect(run()).rejects.toThrow(
    /has changed since it was imported up to line 5001; as its purchases are numbered by their lines, --again may/,
  )
  await run({ again: true })
  expect(said.at(-1)).toContain('1 recorded, 4,984 already there')
})

test('two files numbered by their lines do not share a channel', async () => {
  const { run, path } = await scene()
  await run()
  const february = `${path}.february`
  await writeFile(february, asCsv(ROWS.slice(0, 10)))
  await expect(run({ path: february })).rejects.toThrow(`already has the purchases of ${path}`)
  expect(await run({ path: february, channel: 'import:shop-february' })).toEqual({ exitCode: 0 })
  const moved = `${path}.moved`
  await rename(path, moved)
  expect(await run({ path: moved })).toEqual({ exitCode: 0 })
})

test('a file of which every line is bad ends with 2, and binds nobody', async () => {
  const { run, path, said } = await scene('customer,day,total\na,x,1.00\nb,y,1.00\n')
  expect(await run()).toEqual({ exitCode: 2 })
  expect(said.at(-1)).toBe('not one line could be imported; do file and --map belong together?')
  await writeFile(path, 'customer,day,total\na,2025-01-01,1.00\n')
  expect(await run()).toEqual({ exitCode: 0 })
})

test('the file itself is not overwritten by its bad lines', async () => {
  const { run, path } = await scene()
  await expect(run({ badLines: path })).rejects.toThrow('--bad-lines: this is the file that is imported')
  expect(await readFile(path, 'utf8')).toBe(asCsv(ROWS))
})

test('a header without lines is an import of nothing', async () => {
  const { run, said } = await scene('customer,day,total\n')
  expect(await run()).toEqual({ exitCode: 0 })
  expect(said.at(-1)).toContain('0 recorded, 0 already there')
})

test('an unknown programme, or a column that is not there, is one error before anything is done', async () => {
  const { graph, run } = await scene()
  await expect(run({ program: 'nobody' })).rejects.toThrow('there is no programme nobody; publish it first')
  await expect(run({ map: readColumnMap('member=client,date=day,amount=total') })).rejects.toMatchObject({
    message: '--map: member=client, but the file has no such column; it has customer, day, total',
    exitCode: 2,
  })
  expect(graph.members.size).toBe(0)
})
