import { existsSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { loadSubgraph, openTestDatabase } from '../helpers/database.ts'
import { documentWith, withRules } from '../ledger/program-of.ts'
import { huitongWith, root } from './run-huitong.ts'
import { ModelledMember } from './super-member-model.ts'

const shared = process.env.HUITONG_SHARED_DATA || resolve(root, '../shared/data')
const file = join(shared, 'cdnow/CDNOW_master.txt')
const there = existsSync(file)
if (!there)
  process.stdout.write(`the dry run over CDNOW is skipped: there is no ${file} (set HUITONG_SHARED_DATA)\n`)

interface Line {
  readonly customer: string
  readonly day: string
  readonly cents: number
}

/** Every tenth customer with all that it bought. */
const lines = (): Line[] =>
  readFileSync(file, 'utf8')
    .split('\r\n')
    .slice(1)
    .flatMap((line) => {
      const [customer, date, , dollars] = line.trim().split(/ +/)
      if (!customer?.endsWith('0') || !date || !dollars) return []
      const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`
      return [{ customer, day, cents: Math.round(Number(dollars) * 100) }]
    })

/** Every 2 dollars are a point, whatever the tier; growth halves. */
const draft = documentWith(
  ['version: 1', 'version: 2'],
  withRules(`  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "2.00" } }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "2.00" } }`),
)

/** The two figures of a line of the table. */
const row = (out: string, name: string): string[] =>
  out
    .split('\n')
    .find((line) => line.startsWith(name.padEnd(18)))!
    .slice(18)
    .trim()
    .split(/ +/)

test.skipIf(!there)(
  'a draft over what a tenth of CDNOW bought, beside the published version',
  async () => {
    await using database = await openTestDatabase([
      await loadSubgraph.identity(),
      await loadSubgraph.ledger(),
    ])
    const huitong = await huitongWith({ DATABASE_URL: database.url })
    await huitong.run('program', 'publish', 'programs/super-member.yaml')
    const bought = lines()
    const purchases = join(huitong.dataDir, 'cdnow.csv')
    const csv = bought.map(({ customer, day, cents }) => `${customer},${day},${(cents / 100).toFixed(2)}`)
    await writeFile(purchases, `customer,day,total\n${csv.join('\n')}\n`)
    const map = 'member=customer,date=day,amount=total'
    const imported = await huitong.run(
      ...['import', 'purchases', purchases, '--program', 'super-member', '--map', map, '--source', 'cdnow'],
    )
    expect(imported.code).toBe(0)

    const members = new Map<string, ModelledMember>()
    for (const { customer, day, cents } of bought) {
      const member = members.get(customer) ?? new ModelledMember()
      members.set(customer, member)
      member.buy(day, cents)
    }
    const now = [...members.values()].reduce((sum, { earned }) => sum + earned, 0)
    const then = bought.reduce((sum, { cents }) => sum + Math.floor(cents / 200), 0)

    const path = join(huitong.dataDir, 'draft.yaml')
    await writeFile(path, draft)
    const { code, out, err } = await huitong.run('program', 'dry-run', path, '--from', '1997-01-01')
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain(`version 2, events of ${members.size} members from 1997-01-01 on\n`)
    expect(row(out, 'events')).toEqual([`${bought.length}`, `${bought.length}`])
    expect(row(out, 'points given')).toEqual([`${now}`, `${then}`])
    // All of it ran out long ago.
    expect(row(out, 'points expired')).toEqual([`${now}`, `${then}`])
    expect(row(out, 'points left')).toEqual(['0', '0'])
    expect(out).toContain('nothing was published\n')

    const differs = await huitong.run('program', 'diff', path)
    expect(differs.code).toBe(1)
    expect(differs.out.split('\n')).toEqual(
      expect.arrayContaining(['~ version: 1 -> 2', '~ earn[spend].award.per: "1.00" -> "2.00"']),
    )
    const exported = join(huitong.dataDir, 'exported.yaml')
    expect((await huitong.run('program', 'export', 'super-member', '--out', exported)).code).toBe(0)
    expect(await readFile(exported, 'utf8')).toBe(
      await readFile(join(root, 'programs/super-member.yaml'), 'utf8'),
    )
    expect((await huitong.run('program', 'diff', exported)).code).toBe(0)
    expect((await huitong.run('program', 'export', 'no-such')).err).toContain('there is no programme no-such')
  },
  300_000,
)
