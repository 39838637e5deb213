import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { loadSubgraph, openTestDatabase } from '../helpers/database.ts'
import { LONG } from '../ledger/hard/length.ts'
import { huitongWith, root } from './run-huitong.ts'
import { ModelledMember, type ModelledPurchase } from './super-member-model.ts'

const shared = process.env.HUITONG_SHARED_DATA || resolve(root, '../shared/data')
const file = join(shared, 'cdnow/CDNOW_master.txt')
const there = existsSync(file)
if (!there) process.stdout.write(`the CDNOW test is skipped: there is no ${file} (set HUITONG_SHARED_DATA)\n`)

/** Every tenth customer and whoever bought often, with all that they bought, as a file of its own. */
async function partInto(folder: string): Promise<string> {
  const [head, ...lines] = readFileSync(file, 'utf8').split('\r\n')
  const customerOf = (line: string) => line.trim().split(' ')[0]!
  const byCustomer = Map.groupBy(lines, customerOf)
  const kept = lines.filter((line) => {
    const customer = customerOf(line)
    return customer.endsWith('0') || (customer !== '' && byCustomer.get(customer)!.length > OFTEN)
  })
  const part = join(folder, 'cdnow-part.txt')
  await writeFile(part, [head, ...kept, ''].join('\r\n'))
  return part
}
const OFTEN = 60

/** The file as the model sees it: each purchase by its line, each customer with its last line. */
function modelled(file: string) {
  const members = new Map<string, ModelledMember>()
  const purchases = new Map<string, ModelledPurchase>()
  const lastLine = new Map<string, string>()
  let cents = 0
  for (const [index, line] of readFileSync(file, 'utf8').split('\r\n').entries()) {
    const [customer, date, , dollars] = line.trim().split(/ +/)
    if (index === 0 || !customer || !date || !dollars) continue
    const member = members.get(customer) ?? new ModelledMember()
    members.set(customer, member)
    const amount = Math.round(Number(dollars) * 100)
    cents += amount
    const document = `line-${index + 1}`
    purchases.set(document, member.buy(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`, amount))
    lastLine.set(customer, document)
  }
  const expired = new Map([...members].map(([customer, { expired }]) => [lastLine.get(customer)!, expired]))
  const points = [...members.values()].reduce((sum, { earned }) => sum + earned, 0)
  return { members, purchases, expired, points, cents }
}

/** The books by line: what each purchase brought, and what had run out by the last purchase of each member. */
async function booksOf(url: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const purchases = await client.query<{ number: string; before: string; after: string; points: string }>(
    `select number, tier_before as before, coalesce(tier_after, tier_before) as after, coalesce(points, 0) as points
     from ledger.entry where document_kind is not null`,
  )
  const expired = await client.query<{ number: string; expired: string }>(
    `select last.number, coalesce(sum(e.points), 0) as expired
     from (
       select distinct on (member_id) member_id, number, effective_at from ledger.entry where document_kind is not null
       order by member_id, effective_at desc, substring(number from 6)::integer desc
     ) last
     left join ledger.entry e on e.member_id = last.member_id and e.kind = 'expire'
       and e.effective_at <= last.effective_at
     group by last.number`,
  )
  const state = await client.query(
    `select (select count(*) from identity.member) as members,
       (select count(*) from ledger.entry) as entries,
       (select sum(amount) from ledger.entry) as cents,
       (select md5(string_agg(hash::text, '' order by hash)) from ledger.entry) as journal`,
  )
  await client.end()
  return {
    purchases: new Map(
      purchases.rows.map(({ number, before, after, points }) => [
        number,
        { points: Number(points), tierBefore: before, tierAfter: after },
      ]),
    ),
    expired: new Map(expired.rows.map((row) => [row.number, Number(row.expired)])),
    state: state.rows[0],
  }
}

test.skipIf(!there)(
  `${LONG ? 'all of CDNOW' : 'a part of CDNOW'}, killed half way and sent three times, is in the books as the model has it`,
  async () => {
    await using database = await openTestDatabase([
      await loadSubgraph.identity(),
      await loadSubgraph.ledger(),
    ])
    const huitong = await huitongWith({ DATABASE_URL: database.url })
    await huitong.run('program', 'publish', 'programs/super-member.yaml')
    const path = LONG ? file : await partInto(huitong.dataDir)
    const model = modelled(path)
    if (LONG) {
      expect(model.members.size).toBe(23_570)
      expect(model.purchases.size).toBe(69_659)
      expect(model.cents).toBe(250_031_563)
    }
    const count = model.purchases.size
    const map = 'member=customer_id,date=date,quantity=number_of_cds,amount=dollar_value'
    const importing = [
      'import',
      'purchases',
      path,
      '--program',
      'super-member',
      '--map',
      map,
      '--source',
      'cdnow',
    ]

    const { child, ended } = huitong.start(...importing)
    await huitong.reached(Math.floor(count / 2))
    child.kill('SIGKILL')
    expect((await ended).signal).toBe('SIGKILL')

    const rest = await huitong.run(...importing)
    expect(rest.err).not.toContain('huitong:')
    expect(rest.code).toBe(0)
    process.stdout.write(`CDNOW, the half behind the kill: ${/[\d,]+ purchases\/s/.exec(rest.out)?.[0]}\n`)

    expect(rest.out).toContain(`lines      ${count.toLocaleString('en')}\n`)
    expect(rest.out).toContain(
      `amount     ${(model.cents / 100).toLocaleString('en', { minimumFractionDigits: 2 })} CNY\n`,
    )
    expect(rest.out).toContain(`points     ${model.points.toLocaleString('en')}\n`)
    expect(rest.out).toContain('bad lines  0\n')

    const books = await booksOf(database.url)
    expect(books.state).toMatchObject({ members: `${model.members.size}`, cents: `${model.cents}` })
    expect(books.purchases.size).toBe(count)
    expect(differences(books.purchases, model.purchases)).toEqual([])
    expect(differences(books.expired, model.expired)).toEqual([])
    // The data must have made the rules work.
    const tiers = new Set(
      [...model.purchases.values()].map(({ tierBefore, tierAfter }) => `${tierBefore} ${tierAfter}`),
    )
    expect(tiers).toContain('advanced vip')
    expect(tiers).toContain('vip vip')
    expect([...model.expired.values()].some((points) => points > 0)).toBe(true)

    expect((await huitong.run(...importing)).out).toContain('was already imported completely')
    const again = await huitong.run(...importing, '--again')
    expect(again.out).toContain(`purchases  0 recorded, ${count.toLocaleString('en')} already there\n`)
    expect((await booksOf(database.url)).state).toEqual(books.state)

    const check = await huitong.run('check')
    expect(check.out).toContain('the books are right')
    expect(check.code).toBe(0)
  },
  240_000,
)

/** The first few keys whose values differ. */
function differences<Value>(found: ReadonlyMap<string, Value>, expected: ReadonlyMap<string, unknown>) {
  const keys = new Set([...found.keys(), ...expected.keys()])
  return [...keys]
    .filter((key) => JSON.stringify(found.get(key)) !== JSON.stringify(expected.get(key)))
    .slice(0, 5)
    .map((key) => ({ key, found: found.get(key), expected: expected.get(key) }))
}
