import type { Condition, Facts } from '../../../kernel/conditions/conditions.ts'
import { memberDeclarations } from '../../../kernel/conditions/member-conditions.ts'
import { conditionSql } from '../../../kernel/conditions/sql.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, localDate, toIso } from '../../../kernel/values/instant.ts'
import { monthIndex } from '../domain/facts.ts'

/** Whom a condition is asked of: the members of a programme, at a moment. */
export interface Population {
  readonly program: string
  readonly timeZone: string
  readonly now: Instant
}

type Columns = {
  readonly [Subject in keyof typeof memberDeclarations]: {
    readonly [Fact in keyof (typeof memberDeclarations)[Subject]]: string
  }
}

/** Where each fact lies; `$2` is the moment, `$3` its month. What lies in `account` needs the second table. */
const COLUMNS: Columns = {
  member: {
    joinedAt: 'person.joined_at',
    joinedChannel: 'person.joined_channel',
    joinedStore: 'person.joined_store',
    gender: 'person.gender',
    age: '(($3::integer - person.birth_month) / 12)::bigint',
    birthMonth: '(person.birth_month % 12 + 1)::bigint',
    province: 'person.province',
    tags: 'person.tags',
    tier: 'account.tier',
    tierSince: 'account.tier_since',
    points: 'account.points',
    growth: 'account.growth',
    campaigns: 'account.campaigns',
  },
  purchases: {
    firstAt: 'account.first_at',
    lastAt: 'account.last_at',
    count: 'account.purchases',
    spent: 'account.spent',
    count30: 'account.purchases_30',
    spent30: 'account.spent_30',
    count90: 'account.purchases_90',
    spent90: 'account.spent_90',
    count365: 'account.purchases_365',
    spent365: 'account.spent_365',
  },
}

const valuesOf = ({ program, timeZone, now }: Population): unknown[] => [
  program,
  toIso(now),
  monthIndex(localDate(now, timeZone)),
]

/** All three are in every statement, so that each has a type. */
const FROM = `from member_fact as person
  join account_fact as account on account.member_id = person.member_id and account.program = $1::text`
const GIVEN = `$2::timestamptz is not null and $3::integer is not null`

/** The condition as the part of a statement behind `select`, and its values. */
export function populationSql(
  condition: Condition,
  population: Population,
): { sql: string; values: unknown[] } {
  const values = valuesOf(population)
  let joined = false
  const where = conditionSql(condition, {
    declarations: memberDeclarations,
    column(subject, field) {
      const sql = (COLUMNS as Record<string, Record<string, string>>)[subject]![field]!
      joined ||= sql.startsWith('account.')
      return sql
    },
    now: '$2::timestamptz',
    bind: (value) => `$${values.push(value)}`,
  })
  const from = joined ? FROM : 'from member_fact as person'
  return { sql: `${from} where $1::text is not null and ${GIVEN} and ${where}`, values }
}

/**
 * Statements over all members are put together at run time: planned for their values, with what parallel workers there
 * are, and without compiling them first, which takes longer than they do.
 */
export async function forManyMembers(tx: Tx): Promise<void> {
  await tx.query(
    `set local plan_cache_mode = force_custom_plan; set local jit = off; set local max_parallel_workers_per_gather = 2; set local work_mem = '64MB'`,
  )
}

export async function countMembers(tx: Tx, condition: Condition, population: Population): Promise<bigint> {
  await forManyMembers(tx)
  const { sql, values } = populationSql(condition, population)
  const [row] = await tx.query<{ members: bigint }>(`select count(*) as members ${sql}`, values)
  return row!.members
}

/** Some of the members, the first by id. */
export async function sampleMembers(
  tx: Tx,
  condition: Condition,
  population: Population,
  limit: number,
): Promise<string[]> {
  const { sql, values } = populationSql(condition, population)
  const rows = await tx.query<{ member_id: string }>(
    `select person.member_id ${sql} order by person.member_id limit $${values.push(limit)}`,
    values,
  )
  return rows.map((row) => row.member_id)
}

/** Writes down who the members are; answers how many. */
export async function insertSnapshotMembers(
  tx: Tx,
  snapshotId: string,
  condition: Condition,
  population: Population,
): Promise<bigint> {
  await forManyMembers(tx)
  const { sql, values } = populationSql(condition, population)
  const [row] = await tx.query<{ members: bigint }>(
    `with taken as (
       insert into segment_snapshot_member (member_id, snapshot_id)
       select person.member_id, $${values.push(snapshotId)}::uuid ${sql}
       returning 1)
     select count(*) as members from taken`,
    values,
  )
  return row!.members
}

const SUBJECTS = Object.entries(COLUMNS) as [string, Record<string, string>][]
const SELECT_LIST = SUBJECTS.flatMap(([subject, facts]) =>
  Object.entries(facts).map(([name, sql]) => `${sql} as "${subject}.${name}"`),
).join(', ')

/** The facts of one member, for conditions in memory; undefined where there is no such member yet. */
export async function readFacts(
  query: Tx['query'],
  memberId: string,
  population: Population,
): Promise<Facts | undefined> {
  const [row] = await query<Record<string, unknown>>(
    `/* readFacts */ select ${SELECT_LIST} ${FROM} where person.member_id = $4 and ${GIVEN}`,
    [...valuesOf(population), memberId],
  )
  if (!row) return undefined
  const facts: Record<string, unknown> = { now: new Date(population.now) }
  for (const [subject, names] of SUBJECTS) {
    facts[subject] = Object.fromEntries(
      Object.keys(names).flatMap((name) => {
        const value = row[`${subject}.${name}`]
        const type = (memberDeclarations as Record<string, Record<string, string>>)[subject]![name]!
        return value === null ? [] : [[name, inMemory(value, type)]]
      }),
    )
  }
  return facts as Facts
}

function inMemory(value: unknown, type: string): unknown {
  if (type === 'google.protobuf.Timestamp') return new Date(value as Instant)
  return type.startsWith('map<') ? new Map(Object.entries(value as Record<string, string>)) : value
}
