import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { lockFolder } from '../../kernel/db/embedded/folder-lock.ts'
import type { Subgraph } from '../../kernel/subgraph.ts'
import { loadSubgraph, openTestDatabase } from '../helpers/database.ts'
import { huitongWith, root } from './run-huitong.ts'

let subgraphs: Subgraph[]
beforeAll(async () => {
  subgraphs = [await loadSubgraph.identity(), await loadSubgraph.ledger()]
})

/** A database with the programme published, and the command that works on it. */
async function scene() {
  const database = await openTestDatabase(subgraphs)
  const huitong = await huitongWith({ DATABASE_URL: database.url })
  const published = await huitong.run('program', 'publish', 'programs/super-member.yaml')
  expect(published).toMatchObject({ code: 0, out: 'super-member: version 1 is published\n', err: '' })
  const path = join(huitong.dataDir, 'purchases.csv')
  const importing = [
    'import',
    'purchases',
    path,
    '--program',
    'super-member',
    '--map',
    'member=customer,date=day,amount=total',
    '--source',
    'shop',
  ]
  return {
    ...huitong,
    path,
    importing,
    async write(lines: readonly string[]): Promise<void> {
      await writeFile(path, `customer,day,total\n${lines.join('\n')}\n`)
    },
    /** What the ledger holds of each purchase, by document number. */
    async books(): Promise<Record<string, unknown>[]> {
      const client = new pg.Client({ connectionString: database.url })
      await client.connect()
      const { rows } = await client.query(
        `select number, channel, amount, effective_at, coalesce(tier_after, tier_before) as tier_after
         from ledger.entry join ledger.origin using (origin_key) order by number`,
      )
      await client.end()
      return rows
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

const purchases = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => {
    const day = `2026-${String(1 + Math.floor(n / 28 / 100)).padStart(2, '0')}-${String(1 + (n % 28)).padStart(2, '0')}`
    return `c${(n * 7919) % 997},${day},${n % 300}.25`
  })

test.each([
  [['migrate']],
  [['check']],
  [['program', 'publish']],
  [['client', 'create']],
  [['client', 'add-secret']],
  [['client', 'revoke-secret']],
  [['import', 'purchases']],
])('help for %j has an example', async (command) => {
  const { run } = await huitongWith({})
  const { code, out } = await run(...command, '--help')
  expect(code).toBe(0)
  expect(out).toContain(`Example:\n  $ npm run huitong -- ${command.join(' ')}`)
})

test('migrate says what it applied, and nothing the second time', async () => {
  await using database = await openTestDatabase()
  const { spawn } = await huitongWith({ DATABASE_URL: database.url })
  const first = await spawn('migrate')
  expect(first.err).toBe('')
  expect(first.code).toBe(0)
  expect(first.out).toMatch(/^identity: applied \w+/m)
  expect(first.out).toMatch(/^ledger: applied \w+/m)
  expect((await spawn('migrate')).out).toBe(
    'identity: up to date\nledger: up to date\nbenefits: up to date\ncampaigns: up to date\n',
  )
})

test('a database without our schemas is told from a broken one', async () => {
  await using database = await openTestDatabase()
  const { run } = await huitongWith({ DATABASE_URL: database.url })
  expect(await run('check')).toMatchObject({
    code: 1,
    out: '',
    err: 'huitong: the schema of ledger is not up to date; run: npm run huitong -- migrate\n',
  })
})

test('an unreachable database is one line', async () => {
  const { run, spawn } = await huitongWith({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' })
  for (const ended of [
    spawn('migrate'),
    spawn('check'),
    run('program', 'publish', 'programs/super-member.yaml'),
  ]) {
    const { code, out, err } = await ended
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(err).toMatch(/^huitong: the database cannot be reached \(.*\); check DATABASE_URL\n$/)
  }
})

test('an embedded database that another process has open is one line with a way out', async () => {
  const { spawn, dataDir } = await huitongWith({})
  using _ = lockFolder(dataDir)
  const { code, err } = await spawn('check')
  expect(code).toBe(1)
  expect(err).toMatch(
    /^huitong: data directory .* is in use by process \d+; stop that process first \(`npm start`\?\), or set DATABASE_URL\n$/,
  )
})

test('a wrong document is refused with file, line and column of each fault', async () => {
  await using database = await openTestDatabase([await loadSubgraph.ledger()])
  const { run, dataDir } = await huitongWith({ DATABASE_URL: database.url })
  const file = join(dataDir, 'wrong.yaml')
  const good = await readFile(join(root, 'programs/super-member.yaml'), 'utf8')
  await writeFile(file, good.replace('growth: 3000', 'growth: many'))
  const line = good.split('\n').findIndex((text) => text.includes('growth: 3000')) + 1
  const { code, out, err } = await run('program', 'publish', file)
  expect(code).toBe(1)
  expect(out).toBe('')
  expect(err).toMatch(new RegExp(`^${file}:${line}:\\d+ tiers\\[1\\]\\.growth: .+\\n$`))
  expect(await run('program', 'publish', join(dataDir, 'none.yaml'))).toMatchObject({
    code: 1,
    err: `huitong: ${join(dataDir, 'none.yaml')}: there is no such file\n`,
  })
})

test('a dry run publishes nothing; the same document again changes nothing', async () => {
  await using database = await openTestDatabase([await loadSubgraph.ledger()])
  const { run } = await huitongWith({ DATABASE_URL: database.url })
  const file = 'programs/super-member.yaml'
  const publish = ['program', 'publish', file]
  expect((await run(...publish, '--dry-run')).out).toBe(
    `${file}: version 1 is without fault; nothing was published\n`,
  )
  expect((await run(...publish)).out).toBe('super-member: version 1 is published\n')
  expect((await run(...publish)).out).toBe('super-member: version 1 was published before; nothing changed\n')
})

test('a small file is imported, its bad lines are written down, and a second run does nothing', async () => {
  await using shop = await scene()
  await shop.write([
    'anna,2026-01-05,100.00',
    'bert,2026-01-05,20.50',
    'anna,2026-01-06,100.00',
    'anna,yesterday,100.00',
    'bert,2026-01-07,-5.00',
    'bert,2026-01-07',
    'anna,2999-01-01,1.00',
    'anna,2026-01-06,100.00',
  ])
  const first = await shop.spawn(...shop.importing)
  expect(first.err).toBe('')
  expect(first.code).toBe(0)
  const badFile = join(
    shop.dataDir,
    'imports',
    (await readdir(join(shop.dataDir, 'imports'))).find((name) => name.endsWith('.bad.csv'))!,
  )
  expect(first.out.split('\n')).toEqual([
    'lines      8',
    'members    2 new, 0 known',
    'purchases  4 recorded, 0 already there',
    'amount     320.50 CNY',
    'points     320',
    `bad lines  4, see ${badFile}`,
    expect.stringMatching(/^seconds {4}\d+\.\d \([\d,]+ purchases\/s\)$/),
    '',
  ])
  const bad = (await readFile(badFile, 'utf8')).trim().split('\n')
  expect(bad.map((line) => line.split(',').slice(0, 2))).toEqual([
    ['line', 'code'],
    ['5', 'DATE_NOT_VALID'],
    ['6', 'AMOUNT_NEGATIVE'],
    ['7', 'WRONG_NUMBER_OF_FIELDS'],
    ['8', 'OCCURRED_IN_FUTURE'],
  ])
  const books = await shop.books()
  expect(books.map(({ number }) => number)).toEqual(['line-2', 'line-3', 'line-4', 'line-9'])
  expect(books[0]).toMatchObject({
    channel: 'import:shop',
    effective_at: new Date('2026-01-05T04:00:00Z'),
  })

  const second = await shop.run(...shop.importing)
  expect(second).toMatchObject({ code: 0, err: '' })
  expect(second.out).toMatch(
    /was already imported completely on .* UTC; nothing to do \(use --again to send it once more\)\n$/,
  )
  const again = await shop.run(...shop.importing, '--again')
  expect(again.out).toContain('members    0 new, 2 known\npurchases  0 recorded, 4 already there\n')
  expect(await shop.books()).toEqual(books)
  expect(await shop.spawn('check')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+ entries recomputed, \d+ accounts compared\nthe books are right\n$/),
  })
})

test('killed half way, the import goes on and ends as if nothing had happened', async () => {
  const lines = purchases(6_000)
  await using undisturbed = await scene()
  await undisturbed.write(lines)
  expect((await undisturbed.run(...undisturbed.importing, '--batch', '100')).code).toBe(0)

  await using shop = await scene()
  await shop.write(lines)
  const { child, ended } = shop.start(...shop.importing, '--batch', '100')
  await shop.reached(2_000)
  child.kill('SIGKILL')
  expect((await ended).signal).toBe('SIGKILL')
  expect((await shop.books()).length).toBeLessThan(6_000)

  const rest = await shop.run(...shop.importing, '--batch', '100')
  expect(rest.err).toBe('')
  expect(rest.out).toMatch(/^going on behind line \d+, where an earlier run stopped\n/)
  expect(await shop.books()).toEqual(await undisturbed.books())
  expect((await shop.run('check')).code).toBe(0)
})

test('interrupted, the import finishes its calls and says how to go on', async () => {
  await using shop = await scene()
  await shop.write(purchases(6_000))
  const { child, ended } = shop.start(...shop.importing, '--batch', '100')
  await shop.reached(1_000)
  child.kill('SIGINT')
  const { code, out } = await ended
  expect(code).toBe(130)
  expect(out).toMatch(
    /stopped behind line \d+; the same command goes on from there \([\d,]+ purchases in this run\)\n$/,
  )
  expect((await shop.run(...shop.importing)).out).toContain('purchases  6,000 recorded, 0 already there')
})

test('what is wrong with file or map is one line, before anything is done', async () => {
  await using shop = await scene()
  await shop.write(['anna,2026-01-05,100.00'])
  const [, , , program, id, , , ...source] = shop.importing
  const importing = (path: string, map: string) =>
    shop.run('import', 'purchases', path, program!, id!, '--map', map, ...source)
  const good = 'member=customer,date=day,amount=total'
  const empty = join(shop.dataDir, 'empty.csv')
  await writeFile(empty, '')
  const missing = join(shop.dataDir, 'missing.csv')

  expect(await importing(missing, good)).toMatchObject({
    code: 1,
    err: `huitong: ${missing}: there is no such file\n`,
  })
  expect(await importing(shop.dataDir, good)).toMatchObject({
    code: 1,
    err: `huitong: ${shop.dataDir}: this is a folder\n`,
  })
  expect(await importing(empty, good)).toMatchObject({
    code: 2,
    err: `huitong: ${empty}: the file is empty\n`,
  })
  expect(await importing(shop.path, 'member=client,date=day,amount=total')).toMatchObject({
    code: 2,
    err: 'huitong: --map: member=client, but the file has no such column; it has customer, day, total\n',
  })
  expect(await importing(shop.path, `${good},colour=x`)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^huitong: --map: there is no key "colour"; the keys are .*\n$/),
  })
  expect(
    await shop.run('import', 'purchases', shop.path, '--program', 'nobody', '--map', good),
  ).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^huitong: there is no programme nobody; publish it first: .*\n$/),
  })
  await shop.write(['anna,5 January,100.00', 'bert,6 January,20.00'])
  const allBad = await importing(shop.path, good)
  expect(allBad.code).toBe(2)
  expect(allBad.out).toContain('not one line could be imported; do file and --map belong together?')
  expect(await shop.books()).toEqual([])
})
