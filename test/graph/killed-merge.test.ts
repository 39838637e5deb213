import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toIso } from '../../kernel/values/instant.ts'
import { testSecrets } from '../helpers/graph.ts'
import type { Part } from './fixtures/merge-process.ts'
import { type Four, openFour, twoMembers } from './four-subgraphs.ts'

const LONG = process.env.HUITONG_TEST_LONG === '1'

let four: Four
const children: ChildProcess[] = []
beforeAll(async () => {
  four = await openFour()
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await four[Symbol.asyncDispose]()
})

const texts = {
  master: testSecrets.master.toString('base64'),
  index: testSecrets.index.toString('base64'),
  link: testSecrets.link.toString('base64'),
  token: testSecrets.token,
}

const start = (part: Pick<Part, 'ask' | 'killedAt'>): ChildProcess => {
  const all: Part = { url: four.databaseUrl, now: toIso(four.clock.now()), secrets: texts, ...part }
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'fixtures/merge-process.ts'), JSON.stringify(all)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  children.push(child)
  return child
}

/** How a process ended: its exit code, or the signal that killed it. */
const end = async (child: ChildProcess): Promise<unknown> => {
  const [code, signal] = await once(child, 'exit')
  return signal ?? code
}

let keys = 0
const merging = (from: string, into: string): Part['ask'] => ({
  query: 'mutation ($input: MergeMembersInput!) { mergeMembers(input: $input) { refusal { code } } }',
  variables: {
    input: {
      ...{ fromMemberId: from, intoMemberId: into, reason: 'one person', bonuses: 'TAKE_BACK_LATER' },
      idempotencyKey: `killed-${++keys}`,
    },
  },
})
const parting = (caseId: string): Part['ask'] => ({
  query: 'mutation ($input: UnmergeMembersInput!) { unmergeMembers(input: $input) { refusal { code } } }',
  variables: { input: { caseId, reason: 'two persons', idempotencyKey: `killed-${++keys}` } },
})

/** Starts what waits for a row of the ledger in the middle of its transaction, and kills it there. */
async function killWhileItWaits(part: Pick<Part, 'ask'>, memberId: string): Promise<unknown> {
  const holder = new pg.Client({ connectionString: four.databaseUrl })
  await holder.connect()
  try {
    await holder.query('begin')
    await holder.query('select from ledger.account where member_id = $1 for update', [memberId])
    const child = start(part)
    const ended = end(child)
    // Until then it only starts, and needs the processor for that.
    await Promise.race([once(child.stdout!, 'data'), ended])
    // It waits, or has ended without: then the test says so.
    while (child.exitCode === null && (await lockWaits(holder)) === 0);
    child.kill('SIGKILL')
    return await ended
  } finally {
    await holder.end()
  }
}

async function lockWaits(client: pg.Client): Promise<number> {
  // A transaction would see all others as it saw them first.
  await client.query('select pg_stat_clear_snapshot()')
  const { rows } = await client.query<{ waiting: number }>(
    `select count(*)::int as waiting from pg_locks where not granted and pid in
       (select pid from pg_stat_activity where datname = current_database())`,
  )
  return rows[0]!.waiting
}

type Point = readonly [part: 'campaigns' | 'benefits' | 'ledger', when: 'before' | 'after' | 'within']
const points: Point[] = [
  ...(['campaigns', 'benefits', 'ledger'] as const).flatMap(
    (part) =>
      [
        [part, 'before'],
        [part, 'after'],
      ] as Point[],
  ),
  ['ledger', 'within'],
]
const some = (few: readonly number[]) => points.filter((_, index) => LONG || few.includes(index))

const crash = (ask: Part['ask'], what: string, [at, when]: Point, memberId: string): Promise<unknown> =>
  when === 'within' ? killWhileItWaits({ ask }, memberId) : end(start({ ask, killedAt: { at, what, when } }))

const stateOf = async (bob: string) => {
  const rows = await four.sql<{ id: string; state: string }>(
    'select id, state from identity.merge_case where from_id = $1',
    [bob],
  )
  return rows[0]!
}

describe('a process that is killed', () => {
  it.each(some([6]))('in a merge, at %s, %s it: another ends it in one run', async (...point) => {
    const { anna, bob } = await twoMembers(four, points.indexOf(point as never) * 2 + keys * 10)
    const before = [await four.seen(anna), await four.seen(bob)]
    expect(await crash(merging(bob, anna), 'mutation Merge', point as Point, bob)).toBe('SIGKILL')
    expect((await stateOf(bob)).state).toBe('MOVING')
    await four.check()
    expect(await end(start({}))).toBe(0)
    const { id, state } = await stateOf(bob)
    expect(state).toBe('DONE')
    expect((await four.seen(anna)).account).toMatchObject({ points: { available: 5_241 } })
    await four.check()
    await four.unmerge(id)
    await four.drain()
    expect([await four.seen(anna), await four.seen(bob)]).toEqual(before)
  })

  it.each(some([5]))('in an unmerge, at %s, %s it: another ends it in one run', async (...point) => {
    const { anna, bob } = await twoMembers(four, points.indexOf(point as never) * 2 + keys * 10 + 1)
    const before = [await four.seen(anna), await four.seen(bob)]
    const { case: merged } = await four.merge(bob, anna, { bonuses: 'TAKE_BACK_LATER' })
    expect(await crash(parting(merged!.id), 'mutation Unmerge', point as Point, bob)).toBe('SIGKILL')
    expect((await stateOf(bob)).state).toBe('UNMERGING')
    await four.check()
    expect(await end(start({}))).toBe(0)
    expect((await stateOf(bob)).state).toBe('UNMERGED')
    await four.drain()
    expect([await four.seen(anna), await four.seen(bob)]).toEqual(before)
    await four.check()
  })

  it.each(some([]))(
    'in a merge, at %s, %s it, and then called off: nothing has happened',
    async (...point) => {
      const { anna, bob } = await twoMembers(four, points.indexOf(point as never) * 2 + keys * 10 + 500)
      const before = [await four.seen(anna), await four.seen(bob)]
      expect(await crash(merging(bob, anna), 'mutation Merge', point as Point, bob)).toBe('SIGKILL')
      expect((await four.unmerge((await stateOf(bob)).id)).case?.state).toBe('UNDONE')
      await four.drain()
      expect([await four.seen(anna), await four.seen(bob)]).toEqual(before)
      await four.check()
    },
  )
})
