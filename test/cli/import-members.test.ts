import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { loadSubgraph, openTestDatabase } from '../helpers/database.ts'
import { huitongWith } from './run-huitong.ts'

const HEADER = 'id,mobile,name,sex,born,since,labels,gift'

async function scene() {
  const database = await openTestDatabase([await loadSubgraph.identity(), await loadSubgraph.ledger()])
  const huitong = await huitongWith({ DATABASE_URL: database.url })
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const path = join(huitong.dataDir, 'crm.csv')
  const map = 'key=id,phone=mobile,name=name,gender=sex,birthday=born,joined=since,tags=labels'
  const bad = join(huitong.dataDir, 'bad.csv')
  return {
    ...huitong,
    bad,
    importing: ['import', 'members', path, '--map', map, '--source', 'crm', '--bad-lines', bad],
    withGifts: [
      'import',
      'members',
      path,
      '--map',
      `${map},points=gift`,
      '--source',
      'crm',
      '--bad-lines',
      bad,
    ],
    write: (lines: readonly string[]) => writeFile(path, `${[HEADER, ...lines].join('\n')}\n`),
    one: async (sql: string) => (await client.query(sql)).rows[0] as Record<string, string>,
    async [Symbol.asyncDispose]() {
      await client.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

const people = (count: number): string[] =>
  Array.from(
    { length: count },
    (_, at) =>
      `c${at},138${String(at).padStart(8, '0')},Person ${at},${at % 2 ? 'f' : '男'},19900203,2020-05-06,interest/coffee=weekly;value/vip,100`,
  )

test('a dry run reports line, column and reason; the import does what it said', async () => {
  await using crm = await scene()
  await crm.write([
    ...people(3),
    'c3,12,Short phone,f,,,,',
    'c4,,No such day,f,19900231,,,',
    'c5,,Nobody,x,,,,',
    'c6,,Bad label,f,,,coffee,',
    `c7,,${'x'.repeat(65)},f,,,,`,
    ',13812345678,No key,f,,,,',
    'c8,13800000001,Known phone,f,,,,',
  ])
  const dry = await crm.run(...crm.importing, '--dry-run')
  expect(dry).toMatchObject({ code: 0, err: '' })
  expect(dry.out).toMatch(/members {4}3 would be new, 1 known\n/)
  expect(dry.out).toMatch(/dry run: nothing was written\n$/)
  expect(await crm.one('select count(*) from identity.member')).toEqual({ count: '0' })
  const report = await readFile(crm.bad, 'utf8')
  expect(
    report
      .trim()
      .split('\n')
      .map((line) => line.split(',').slice(0, 3).join(',')),
  ).toEqual([
    'line,column,code',
    '5,mobile,PHONE_NOT_VALID',
    '6,born,DATE_NOT_VALID',
    '7,sex,GENDER_NOT_VALID',
    '8,labels,TAG_NOT_VALID',
    '9,name,PROFILE_NOT_VALID',
    '10,id,KEY_MISSING',
  ])
  const done = await crm.run(...crm.importing, '--tag', 'lifecycle/state=new')
  expect(done.out).toMatch(/members {4}3 new, 1 known\n/)
  expect(await readFile(crm.bad, 'utf8')).toBe(report)
  expect(await crm.one('select count(*) from identity.member')).toEqual({ count: '3' })
  expect(await crm.one("select count(*) from identity.tag where source = 'IMPORT'")).toEqual({ count: '9' })
})

test('the dry run of a file says what the import does, however far apart two lines of one person are', async () => {
  await using crm = await scene()
  const lines = people(3_000)
  const line = (at: number, key: string, mobile: string) => {
    lines[at] = `${key},${mobile},Again,,,,,`
  }
  line(2_100, 'c2100', '13800000050')
  line(2_200, 'c60', '13800002200')
  line(2_300, 'c70', '13800000071')
  line(2_400, 'c2400', '138 0000 2200')
  line(2_500, 'c2100', '13800000051')
  await crm.write(lines)
  const dry = await crm.run(...crm.importing, '--dry-run')
  const report = await readFile(crm.bad, 'utf8')
  const done = await crm.run(...crm.importing)
  const rows = (out: string) => out.match(/^(lines|members|bad lines) .*$/gm)
  expect(rows(done.out)).toEqual([
    'lines      3,000',
    'members    2,995 new, 3 known',
    `bad lines  2, see ${crm.bad}`,
  ])
  expect(rows(dry.out.replace('would be new', 'new'))).toEqual(rows(done.out))
  expect(await readFile(crm.bad, 'utf8')).toBe(report)
  expect(report.match(/^\d+/gm)).toEqual(['2302', '2502'])
})

test('gift points are given once, and memberships are taken up later', async () => {
  await using crm = await scene()
  await crm.run('program', 'publish', 'programs/super-member.yaml')
  await crm.write(people(40))
  const gifts = [...crm.withGifts, '--program', 'super-member', '--pre-registered']
  const first = await crm.run(...gifts)
  expect(first).toMatchObject({ code: 0, err: '' })
  expect(first.out).toContain('points     4,000\n')
  const points = "select sum(available)::text as points from ledger.wallet where asset::text = 'points'"
  expect(await crm.one(points)).toEqual({ points: '4000' })
  expect(await crm.one("select count(*) from identity.member where status = 'PRE_REGISTERED'")).toEqual({
    count: '40',
  })

  const again = await crm.run(...gifts, '--again', '--activate')
  expect(again.out).toMatch(/members {4}0 new, 40 known\n/)
  expect(await crm.one(points)).toEqual({ points: '4000' })
  expect(await crm.one("select count(*) from identity.member where status = 'ACTIVE'")).toEqual({
    count: '40',
  })
  expect((await crm.run('check')).code).toBe(0)
})

test('killed half way, the import goes on and ends as if nothing had happened', async () => {
  await using crm = await scene()
  const lines = people(6_000)
  await crm.write(lines)
  const { child, ended } = crm.start(...crm.importing)
  await crm.reached(2_000)
  child.kill('SIGKILL')
  expect((await ended).signal).toBe('SIGKILL')
  const half = Number((await crm.one('select count(*) from identity.member')).count)
  expect(half).toBeLessThan(6_000)
  expect(half).toBeGreaterThan(0)

  const rest = await crm.run(...crm.importing)
  expect(rest.out).toMatch(/^going on behind line \d+, where an earlier run stopped\n/)
  expect(rest.out).toContain('lines      6,000\n')
  expect(
    await crm.one(`select (select count(*) from identity.member) as members,
      (select count(distinct member_id) from identity.identifier where kind = 'PHONE') as phones,
      (select count(*) from identity.identifier) as identifiers, (select count(*) from identity.profile) as profiles,
      (select count(*) from identity.tag_history) as history`),
  ).toEqual({ members: '6000', phones: '6000', identifiers: '18000', profiles: '6000', history: '12000' })
  expect((await crm.run(...crm.importing)).out).toContain('nothing to do')
})

test('what is wrong with the call is one line, before anything is done', async () => {
  await using crm = await scene()
  await crm.write(people(1))
  const [, , path] = crm.importing
  const fails = async (...more: string[]) => (await crm.run('import', 'members', path!, ...more)).err
  expect(await fails('--map', 'phone=mobile')).toBe('huitong: --map: key is missing; key is required\n')
  expect(await fails('--map', 'key=nothing')).toContain('the file has no such column')
  expect(await fails('--map', 'key=id', '--points', '5')).toContain('--program: say in which programme')
  expect(await fails('--map', 'key=id', '--tag', 'coffee')).toContain(
    'is not of the form dimension/name=value',
  )
  expect(await fails('--map', 'key=id', '--zone', 'Moon/Sea')).toContain('there is no time zone')
})
