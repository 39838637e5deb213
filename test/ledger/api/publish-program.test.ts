import { describe, expect, test } from 'vitest'
import { clerk, member, operator } from '../../helpers/graph.ts'
import { memberId, openLedger, superMember } from '../open-ledger.ts'
import { documentWith } from '../program-of.ts'
import { type OpenLedger, publish, purchase, record } from '../requests.ts'

const version = (number: number) => documentWith(['version: 1', `version: ${number}`])

const published = (ledger: OpenLedger) =>
  ledger.sql<{ id: string; current: number; versions: number[] }>(
    `select id, program.version as current, array_agg(v.version order by v.version) as versions
     from ledger.program join ledger.program_version v using (program_key) group by id, program.version order by id`,
  )

const publications = (ledger: OpenLedger) =>
  ledger.sql<{ version: string }>(
    `select payload ->> 'version' as version from ledger.event where type = 'ledger.ProgramPublished' order by position`,
  )

test('the same document again is a duplicate: nothing changes and nobody is told', async () => {
  await using ledger = await openLedger()
  expect(await publish(ledger, superMember)).toMatchObject({
    duplicate: true,
    version: 1,
    program: { id: 'super-member', version: 1 },
    refusal: null,
  })
  expect(await published(ledger)).toEqual([{ id: 'super-member', current: 1, versions: [1] }])
  expect(await publications(ledger)).toHaveLength(1)
})

test('a changed document needs a higher version', async () => {
  await using ledger = await openLedger()
  const changed = documentWith(['per: "1.00"', 'per: "2.00"'])
  expect(await publish(ledger, changed)).toMatchObject({
    program: null,
    refusal: { code: 'VERSION_NOT_HIGHER', path: ['version'], details: [{ name: 'published', value: '1' }] },
  })
  expect((await publish(ledger, version(3))).program).toEqual({ id: 'super-member', version: 3 })
  for (const old of [superMember, version(2), version(3).concat('# a comment\n')]) {
    expect((await publish(ledger, old)).refusal!.code).toBe('VERSION_NOT_HIGHER')
  }
  expect(await published(ledger)).toEqual([{ id: 'super-member', current: 3, versions: [1, 3] }])
})

test('a new version rates from the next purchase on', async () => {
  await using ledger = await openLedger()
  await publish(ledger, documentWith(['version: 1', 'version: 2'], ['per: "1.00"', 'per: "0.50"']))
  const [result] = await record(ledger, [purchase('li', '10')])
  expect(result!.purchase!.points).toBe(20)
  expect((await ledger.check()).clean).toBe(true)
})

describe('a dry run', () => {
  test('of a good document says so and changes nothing', async () => {
    await using ledger = await openLedger()
    expect(await publish(ledger, version(2), true)).toEqual({
      version: 2,
      duplicate: false,
      program: null,
      faults: [],
      refusal: null,
    })
    expect(await published(ledger)).toEqual([{ id: 'super-member', current: 1, versions: [1] }])
    expect(await publications(ledger)).toHaveLength(1)
  })

  test('of a new programme leaves none behind', async () => {
    await using ledger = await openLedger()
    await publish(ledger, documentWith(['program: super-member', 'program: tea-club']), true)
    expect(await published(ledger)).toHaveLength(1)
  })

  test('tells that the version is not higher', async () => {
    await using ledger = await openLedger()
    const changed = documentWith(['per: "1.00"', 'per: "2.00"'])
    expect((await publish(ledger, changed, true)).refusal!.code).toBe('VERSION_NOT_HIGHER')
  })
})

test('a document with faults is refused with all of them and their lines', async () => {
  await using ledger = await openLedger()
  const wrong = documentWith(
    ['version: 1', 'version: 2'],
    ['Asia/Shanghai', 'Mars'],
    ['growth: 5000', 'growth: 1'],
  )
  const publication = await publish(ledger, wrong)
  expect(publication.faults.map(({ line, path }) => [line, path])).toEqual([
    [6, 'timeZone'],
    [46, 'tiers[2].growth'],
  ])
  expect(publication.refusal).toMatchObject({
    code: 'DOCUMENT_NOT_VALID',
    message: 'The program document is not valid: line 6, timeZone is not an IANA time zone',
  })
  expect(await published(ledger)).toEqual([{ id: 'super-member', current: 1, versions: [1] }])
})

describe('at once', () => {
  test('the same first publication eight times: one is new, seven are duplicates', async () => {
    await using ledger = await openLedger()
    const document = documentWith(['program: super-member', 'program: tea-club'])
    const answers = await Promise.all(Array.from({ length: 8 }, () => publish(ledger, document)))
    expect(answers.filter((answer) => !answer.duplicate)).toHaveLength(1)
    for (const answer of answers) expect(answer.program).toEqual({ id: 'tea-club', version: 1 })
  })

  test('the highest version wins, whoever comes first: the current one never goes back', async () => {
    await using ledger = await openLedger()
    for (let round = 1; round <= 5; round++) {
      const numbers = [7, 3, 5, 2].map((number) => round * 10 + number)
      const answers = await Promise.all(numbers.map((number) => publish(ledger, version(number))))
      const accepted = numbers.filter((_, index) => answers[index]!.program)
      expect(accepted).toContain(round * 10 + 7)
      expect((await published(ledger))[0]!.current).toBe(round * 10 + 7)
    }
    const told = (await publications(ledger)).map(({ version }) => Number(version))
    expect(told).toEqual(told.toSorted((a, b) => a - b))
  })

  test('different contents under one version: one is published, the others are refused', async () => {
    await using ledger = await openLedger()
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => publish(ledger, version(2).concat(`# ${index}\n`))),
    )
    const codes = answers.map((answer) => answer.refusal?.code ?? 'published').sort()
    expect(codes).toEqual([...Array(5).fill('VERSION_NOT_HIGHER'), 'published'])
  })
})

test('only who may publish programmes does', async () => {
  await using ledger = await openLedger()
  for (const as of [clerk(), operator, member(memberId('li'))]) {
    const answer = await ledger.tryAsk(
      as,
      'mutation($document: String!) { publishProgram(document: $document) { version } }',
      { document: version(2) },
    )
    expect(answer.errors![0]!.extensions!.code).toBe('FORBIDDEN')
  }
})

describe('published by another process', () => {
  const publishElsewhere = async (ledger: OpenLedger, per: string): Promise<void> => {
    await ledger.sql(
      `insert into ledger.program_version (program_key, version, source, document, published_at, published_by)
       select program_key, 2, '', replace(jsonb_set(document, '{version}', '2')::text, '"per": "1.00"', $1)::jsonb, now(), 'other'
       from ledger.program_version`,
      [`"per": "${per}"`],
    )
    await ledger.sql('update ledger.program set version = 2')
  }

  test('a version counts from the next purchase on, though this process was not told', async () => {
    await using ledger = await openLedger()
    expect((await ledger.buy('li', '100', '2026-01-01')).purchase).toMatchObject({ points: 100 })
    await publishElsewhere(ledger, '0.50')
    expect((await ledger.buy('li', '100', '2026-01-02')).purchase).toMatchObject({ points: 200 })
    expect(await ledger.sql('select rule_version from ledger.entry order by seq')).toEqual([
      { rule_version: 1 },
      { rule_version: 2 },
    ])
    expect((await ledger.check()).violations).toEqual([])
  })

  test('also in the middle of many purchases at once', async () => {
    await using ledger = await openLedger()
    const buy = (index: number) => ledger.buy(`member ${index % 7}`, '100', '2026-01-01', `bill ${index}`)
    const first = Array.from({ length: 40 }, (_, index) => buy(index))
    await publishElsewhere(ledger, '0.50')
    const second = await Promise.all(Array.from({ length: 40 }, (_, index) => buy(100 + index)))
    for (const { purchase } of await Promise.all(first)) expect([100, 200]).toContain(purchase!.points)
    for (const { purchase } of second) expect(purchase!.points).toBe(200)
    expect((await ledger.check()).violations).toEqual([])
  })

  test('a programme that is new can be named at once', async () => {
    await using ledger = await openLedger()
    await ledger.buy('li', '100', '2026-01-01')
    await ledger.sql(`insert into ledger.program (id, version) values ('tea-club', 1)`)
    await ledger.sql(
      `insert into ledger.program_version (program_key, version, source, document, published_at, published_by)
       select (select max(program_key) from ledger.program), 1, '', jsonb_set(document, '{program}', '"tea-club"'), now(), 'other'
       from ledger.program_version`,
    )
    const input = { ...purchase('li', '10', { document: 'b' }), program: 'tea-club' }
    expect((await record(ledger, [input]))[0]!.refusal).toBeNull()
    // From then on nobody who names none is taken to mean the first.
    expect((await record(ledger, [purchase('li', '11')]))[0]!.refusal!.code).toBe('PROGRAM_NOT_FOUND')
  })
})
