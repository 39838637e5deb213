import fc from 'fast-check'
import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { type Condition, conditionLanguage } from '../../../kernel/conditions/conditions.ts'
import { registerMemberFunctions } from '../../../kernel/conditions/functions.ts'
import { conditionFunctions, conditionSql } from '../../../kernel/conditions/sql.ts'

/** One fact of each type twice, so that facts meet facts. */
const declarations = {
  m: {
    i: 'int',
    j: 'int',
    d: 'double',
    e: 'double',
    s: 'string',
    t: 'string',
    b: 'bool',
    c: 'bool',
    at: 'google.protobuf.Timestamp',
    since: 'google.protobuf.Timestamp',
    l: 'list<string>',
    k: 'map<string, string>',
  },
} as const
const TYPES = {
  int: 'bigint',
  double: 'double precision',
  string: 'text',
  bool: 'boolean',
  'google.protobuf.Timestamp': 'timestamptz',
  'list<string>': 'text[]',
  'map<string, string>': 'jsonb',
} as const
const language = conditionLanguage(declarations, (environment) => {
  environment.registerVariable('now', 'google.protobuf.Timestamp')
  registerMemberFunctions(environment)
})
const NOW = new Date('2026-03-01T02:03:04.567Z')

type Member = Partial<Record<keyof typeof declarations.m, unknown>>

const text = fc.constantFrom('', 'a', 'ab', 'ba', '咖啡', 'interest/coffee', 'é', '😀', "o'b", '%_')
const whole = fc.oneof(
  fc.bigInt({ min: -5n, max: 5n }),
  fc.constantFrom(2n ** 53n, -(2n ** 53n), 2n ** 31n, 4_000_000_000n, 100n),
)
const decimal = fc.constantFrom(0, 1, -1, 0.1, 0.5, 1.5, -2.25, 3, 1e-9, 1e18, -1e18, 123.456)
const moment = fc.oneof(
  fc.date({ min: new Date('1990-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }),
  fc.constantFrom(NOW, new Date('2026-02-28T16:00:00Z'), new Date('2024-02-29T15:59:59.999Z')),
)
const known = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 4 })
const member: fc.Arbitrary<Member> = fc.record({
  i: known(whole),
  j: known(whole),
  d: known(decimal),
  e: known(decimal),
  s: known(text),
  t: known(text),
  b: known(fc.boolean()),
  c: known(fc.boolean()),
  at: known(moment),
  since: known(moment),
  l: known(fc.array(text, { maxLength: 3 })),
  k: known(fc.array(fc.tuple(text, text), { maxLength: 3 }).map((pairs) => new Map(pairs))),
})

const quoted = text.map((value) => JSON.stringify(value))
const zone = fc.constantFrom('"UTC"', '"Asia/Shanghai"', '"America/New_York"', '"Asia/Kathmandu"')

/** Conditions as people could write them, grown from the grammar; depth bounds their size. */
const grammar = fc.letrec<Record<'bool' | 'int' | 'double' | 'string' | 'at', string>>((tie) => {
  const two = (type: 'int' | 'double' | 'string' | 'at' | 'bool', operators: readonly string[]) =>
    fc
      .tuple(tie(type), fc.constantFrom(...operators), tie(type))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`)
  const ORDER = ['<', '<=', '>', '>=', '==', '!='] as const
  const choice = (type: 'int' | 'bool' | 'string') =>
    fc.tuple(tie('bool'), tie(type), tie(type)).map(([when, yes, no]) => `(${when} ? ${yes} : ${no})`)
  const element = fc.oneof(
    fc.tuple(fc.constantFrom('it == ', 'it != '), tie('string')).map(([is, other]) => is + other),
    fc.tuple(fc.constantFrom('startsWith', 'endsWith', 'contains'), quoted).map(([f, q]) => `it.${f}(${q})`),
    tie('bool').map((other) => `(it == "a" || ${other})`),
  )
  return {
    bool: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(
        'm.b',
        'm.c',
        'true',
        'false',
        'has(m.i)',
        'has(m.s)',
        'has(m.k)',
        'has(m.k.a)',
        'has(m.l)',
      ),
      two('int', ORDER),
      two('double', ORDER),
      two('at', ORDER),
      two('string', ['==', '!=']),
      two('bool', ['&&', '||', '&&', '||', '==', '!=']),
      tie('bool').map((inner) => `!${inner}`),
      choice('bool'),
      fc
        .tuple(tie('string'), fc.constantFrom('startsWith', 'endsWith', 'contains'), tie('string'))
        .map(([left, f, right]) => `${left}.${f}(${right})`),
      fc
        .tuple(tie('string'), fc.array(quoted, { maxLength: 3 }))
        .map(([left, list]) => `(${left} in [${list}])`),
      fc
        .tuple(tie('int'), fc.array(fc.constantFrom('1', '-2', '100', '3'), { maxLength: 3 }))
        .map(([left, list]) => `(${left} in [${list}])`),
      tie('string').map((left) => `(${left} in m.l)`),
      tie('string').map((left) => `(${left} in m.k)`),
      fc
        .tuple(fc.constantFrom('m.l', 'm.k'), fc.constantFrom('exists', 'all'), element)
        .map(([list, f, predicate]) =>
          predicate.includes('exists(') || predicate.includes('all(')
            ? 'm.b'
            : `${list}.${f}(it, ${predicate})`,
        ),
    ),
    int: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(
        'm.i',
        'm.j',
        '0',
        '1',
        '7',
        '9007199254740993',
        '-3',
        'size(m.l)',
        'm.k.size()',
        'size(m.s)',
      ),
      two('int', ['+', '-', '*', '/', '%']),
      tie('int').map((inner) => `-(${inner})`),
      choice('int'),
      fc.tuple(tie('at'), tie('at')).map(([from, to]) => `daysBetween(${from}, ${to})`),
      fc
        .tuple(tie('at'), fc.constantFrom('year', 'month', 'day', 'weekday', 'hour'), zone)
        .map(([at, part, where]) => `${at}.${part}(${where})`),
      tie('string').map((of) => `${of}.size()`),
    ),
    double: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('m.d', 'm.e', '0.5', '2.0', '-1.5', 'double(m.i)', 'double(3)'),
      two('double', ['+', '-', '*']),
      fc.tuple(tie('double'), fc.constantFrom('3.0', '0.1')).map(([left, by]) => `(${left} / ${by})`),
      tie('double').map((inner) => `-(${inner})`),
    ),
    string: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('m.s', 'm.t', 'm.k["a"]', 'm.k.ab'),
      quoted,
      two('string', ['+']),
      tie('int').map((inner) => `string(${inner})`),
      choice('string'),
    ),
    at: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('m.at', 'm.since', 'now', 'timestamp("2026-02-28T16:00:00Z")'),
      fc
        .tuple(tie('at'), fc.constantFrom('plusDays', 'minusDays'), fc.integer({ min: 0, max: 400 }))
        .map(([at, f, days]) => `${at}.${f}(${days})`),
      fc
        .tuple(tie('at'), fc.constantFrom('+', '-'), fc.constantFrom('24h', '90m', '1500ms', '-30s'))
        .map(([at, sign, length]) => `(${at} ${sign} duration("${length}"))`),
    ),
  }
})

/** Some random conditions are refused (too many products of decimals, say); those that are not must agree. */
function compiled(source: string): Condition | undefined {
  try {
    const condition = language.compile(source)
    conditionSql(condition, { declarations, column: () => 'x', now: 'x', bind: () => 'x' })
    return condition
  } catch {
    return undefined
  }
}

/** Short in `npm test`; 5,000 conditions in `npm run test:long`. */
const CONDITIONS = process.env.HUITONG_TEST_LONG ? 5_000 : 500

test('in memory and in SQL, random conditions and members get the same answer, 20 members each', async () => {
  const MEMBERS = 20
  const seed = 20_260_301
  const members = fc.sample(member, { numRuns: MEMBERS, seed })
  const sources = fc.sample(grammar.bool, { numRuns: CONDITIONS * 2, seed })
  const conditions = sources.flatMap((source) => compiled(source) ?? []).slice(0, CONDITIONS)
  expect(conditions).toHaveLength(CONDITIONS)

  const client = new pg.Client({ connectionString: inject('databaseUrl') })
  await client.connect()
  try {
    await client.query('begin')
    await client.query(
      `create schema conditions; set local search_path = conditions; set local timezone = 'UTC'`,
    )
    await client.query(conditionFunctions('public'))
    const columns = Object.entries(declarations.m).map(([name, type]) => `"${name}" ${TYPES[type]}`)
    await client.query(`create table m (row int, ${columns.join(', ')})`)
    for (const [row, facts] of members.entries()) {
      const values = Object.keys(declarations.m).map((name) => {
        const value = facts[name as keyof Member]
        return value instanceof Map ? JSON.stringify(Object.fromEntries(value)) : value
      })
      await client.query(
        `insert into m values (${row}, ${values.map((_, index) => `$${index + 1}`)})`,
        values,
      )
    }
    const inSql: boolean[][] = members.map(() => [])
    for (let from = 0; from < CONDITIONS; from += 50) {
      const values: unknown[] = [NOW.toISOString()]
      const expressions = conditions.slice(from, from + 50).map((condition) =>
        conditionSql(condition, {
          declarations,
          column: (subject, field) => `${subject}."${field}"`,
          now: '$1::timestamptz',
          bind: (value) => `$${values.push(value)}`,
        }),
      )
      const { rows } = await client.query<{ answers: (boolean | null)[] }>(
        `select array[${expressions}] as answers from m where $1::timestamptz is not null order by row`,
        values,
      )
      for (const [row, { answers }] of rows.entries())
        inSql[row]!.push(...answers.map((answer) => answer === true))
    }
    const differences: unknown[] = []
    const seen = { yes: 0, no: 0 }
    for (const [row, facts] of members.entries()) {
      for (const [at, condition] of conditions.entries()) {
        const inMemory = condition.holds({ m: facts as Record<string, unknown>, now: NOW })
        seen[inMemory ? 'yes' : 'no']++
        if (inMemory !== inSql[row]![at]) differences.push({ source: condition.source, facts, inMemory })
      }
    }
    expect(differences).toEqual([])
    // The conditions told members apart.
    expect(seen.yes).toBeGreaterThan(1_000)
    expect(seen.no).toBeGreaterThan(1_000)
  } finally {
    await client.query('rollback')
    await client.end()
  }
})
