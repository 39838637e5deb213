import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Db, openDatabase } from '../../../kernel/db/open-database.ts'
import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { instant, type LocalDate } from '../../../kernel/values/instant.ts'
import { lockAccounts, lockIdleAccounts } from '../../../subgraphs/ledger/store/accounts.ts'
import { readAnswers } from '../../../subgraphs/ledger/store/command-answers.ts'
import { readDocuments, readDocumentsOf, readRecordedIds } from '../../../subgraphs/ledger/store/documents.ts'
import { membersDue, membersWithLapses } from '../../../subgraphs/ledger/store/due.ts'
import { readHolds } from '../../../subgraphs/ledger/store/holds.ts'
import {
  readAccountAt,
  readAccounts,
  readLots,
  readLotsEarned,
  readMemberAccounts,
  readStatements,
} from '../../../subgraphs/ledger/store/reads.ts'
import { readSyncedBalances } from '../../../subgraphs/ledger/store/synced-balances.ts'
import { tables } from '../../../subgraphs/ledger/store/tables.ts'
import { loadSubgraph, openTestDatabase, type TestDatabase } from '../../helpers/database.ts'

const MEMBERS = 5_000
const ENTRIES_EACH = 20

/** Members 1 to 5,000 with 20 entries and 10 lots each; made by the owner, for their number and not their truth. */
const seed = `
  set search_path = ledger;
  create temp table who as select ('00000000-0000-8000-8000-' || lpad(n::text, 12, '0'))::uuid as id, n
    from generate_series(1, ${MEMBERS}) n;
  insert into account (member_id, program_key, tier, next_due, opened_at, seq, points_available, points_earned, points_left,
                       points_until)
    select id, 1, 'ordinary', date '2027-01-01' + (n % 1000)::int, now(), 20, 20, 20, array_fill(2::bigint, '{10}'),
           array(select date '2027-01-01' + day from generate_series(1, 10) day) from who;
  insert into origin (channel) select 'channel ' || n from generate_series(1, 2000) n;
  insert into entry (member_id, program_key, seq, document_id, kind, points, points_after, lots, effective_at, recorded_at,
                     hash, document_kind, rule_version, origin_key, body, number, tier_before)
    select id, 1, seq, md5(id::text || seq)::uuid, 'earn', 1, seq, '', now(), now(), sha256(''), 'purchase', 1, 1, '', '', ''
    from who, generate_series(1, ${ENTRIES_EACH}) seq;
  insert into hold (member_id, program_key, id, amount, captured, released, lapses_at, closed_by)
    select id, 1, md5(id::text)::uuid, 10, 10, 0, now(), 'capture' from who;
  insert into synced_balance select id, 1, 'mall', decode(md5(id::text), 'hex'), 0, now(), id from who;
  insert into merged_member select md5(id::text)::uuid, id from who;
  insert into command (owner, key, action, body, recorded_at) select id::text, 'k', 'post', '', now() from who;
  analyze`

const member = (n: number) => `00000000-0000-8000-8000-${String(n).padStart(12, '0')}`
const account = (n: number) => ({ memberId: member(n), programKey: 1, baseTier: 'ordinary' })
const now = instant('2026-01-10T04:00:00Z')
const today = '2026-01-10' as LocalDate

interface Plan {
  statement: string
  text: string
}

let database: TestDatabase
let db: Db
let owner: pg.Client

beforeAll(async () => {
  database = await openTestDatabase([await loadSubgraph.ledger()])
  owner = new pg.Client({ connectionString: database.url, pipeline: true } as pg.ClientConfig)
  await owner.connect()
  await owner.query(seed)
  db = await openDatabase({ url: database.url, schema: 'ledger', tables, poolSize: 2 })
})
afterAll(async () => {
  await db.close()
  await owner.end()
  await database[Symbol.asyncDispose]()
})

/** Every statement that `work` runs, with the plan for its values and the one for any values. */
async function plansOf(work: (query: Query, tx: Tx) => Promise<unknown>): Promise<Plan[]> {
  const plans: Plan[] = []
  await db.transaction(async (tx) => {
    const query = (async (sql: string, values: readonly unknown[] = []) => {
      const statement = /\/\* (\w+) \*\//.exec(sql)?.[1] ?? sql
      const custom = await tx.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, values)
      const generic = await owner.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${sql}`)
      for (const rows of [custom, generic.rows]) {
        plans.push({ statement, text: rows.map((row) => row['QUERY PLAN']).join('\n') })
      }
      return tx.query(sql, values)
    }) as Query
    await work(query, { ...tx, query, ask: query } as Tx)
  })
  return plans
}

const nothing = async () => {}
const few = [account(7), account(4_711), account(2)]

describe('no hot statement reads a whole table', () => {
  const key = { memberId: member(7), programKey: 1 }
  // biome-ignore format: aligned rows
  test.each<[string, (query: Query, tx: Tx) => Promise<unknown>]>([
    ['locking and reading accounts to post', (_, tx)  => lockAccounts(tx, few, now, nothing)                                            ],
    ['opening accounts',                     (_, tx)  => lockAccounts(tx, [account(MEMBERS + 1)], now, nothing)                          ],
    ['looking documents up',                 (query)  => readRecordedIds(query, [member(7), member(1)])                            ],
    ['reading documents',                    (query)  => readDocuments(query, [member(7), member(1)])                              ],
    ['looking stored answers up',            (query)  => readAnswers(query, [{ memberId: member(7), key: 'k' }])                   ],
    ['showing accounts',                     (query)  => readAccounts(query, few.map((one) => ({ ...one, today })))              ],
    ['showing members with their accounts',  (query)  => readMemberAccounts(query, few)                                         ],
    ['a page of lots',                       (query)  => readLots(query, key, { today, after: undefined, limit: 21 })           ],
    ['a page of the statement',              (query)  => readStatements(query, [{ ...key, before: 15, limit: 11 }])             ],
    ['the balance of a past moment',         (query)  => readAccountAt(query, key, now)                                         ],
    ['all that accounts have seen',          (query)  => readDocumentsOf(query, few)                                             ],
    ['holds',                                (query)  => readHolds(query, [{ memberId: member(7), id: member(1) }])             ],
    ['figures that channels have told',      (query)  => readSyncedBalances(query, [member(7), member(4_711)])                   ],
    ['finding what has lapsed',              (query)  => membersWithLapses(query, now, 1, 500)                                   ],
    ['what was earned into lots',            (query)  => readLotsEarned(query, key)                                             ],
    ['finding what is due',                  (query)  => membersDue(query, '2027-01-02' as LocalDate, 1, 500)                    ],
    ['what is due, under a lock',            (_, tx)  => lockIdleAccounts(tx, [member(7), member(4_711)], 1)                     ],
  ])('%s', async (_, work) => {
    const plans = await plansOf(work)
    expect(plans.length).toBeGreaterThan(0)
    for (const { statement, text } of plans) {
      expect(text, statement).not.toMatch(/Seq Scan on (account|entry|document|command|origin|hold|synced_balance|merged_member)\b/)
    }
  })
})

test('accounts are locked in the order of their keys: the lock lies above the sort', async () => {
  const plans = (await plansOf((_, tx) => lockAccounts(tx, few, now, nothing))).filter(
    ({ statement }) => statement === 'lockAccounts',
  )
  expect(plans).toHaveLength(2)
  for (const { text } of plans) {
    expect(text).toMatch(/^LockRows/)
    expect(text.split('\n')[1]).toMatch(/-> +(Sort|Nested Loop|Merge Join)/)
    expect(text).toMatch(/Sort Key|Index Scan using account_key/)
  }
})

test('a statement is read backwards along the key, and stops when the page is full', async () => {
  const plans = await plansOf((query) =>
    readStatements(query, [{ memberId: member(7), programKey: 1, before: undefined, limit: 11 }]),
  )
  for (const { text } of plans) {
    expect(text).toMatch(/-> +Limit/)
    expect(text).toContain('Index Scan Backward using entry_key')
    expect(text).not.toContain('Sort')
  }
})
