import { describe, expect, it } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { DAY_MS } from '../../kernel/values/instant.ts'
import { channelService, member, openGraph, type TestGraph } from '../helpers/graph.ts'
import { LIN, playLedger, published, publishProgram, superMember, WANG } from './program.ts'

const lin = member(LIN)
const app = channelService('APP')

async function open(now = '2026-01-15T00:00:00Z') {
  const graph = await openGraph({ subgraphs: ['campaigns'], now })
  await publishProgram(graph)
  return graph
}

interface Completed {
  participation: {
    id: string
    day: string
    number: number
    points: number
    state: string
    refusalCode: string
  } | null
  refusal: { code: string; message: string } | null
}

let keys = 0

const complete = async (
  graph: TestGraph,
  by: Principal,
  campaign: string,
  input: Record<string, unknown> = {},
) => {
  const { completeTask } = await graph.ask<{ completeTask: Completed }>(
    by,
    `mutation ($input: CompleteTaskInput!) {
      completeTask(input: $input) {
        participation { id day number points state refusalCode }
        refusal { code message }
      }
    }`,
    { input: { campaign, idempotencyKey: `key-${++keys}`, ...input } },
  )
  return completeTask
}

const tasksOf = async (graph: TestGraph, memberId: string) => {
  const { _entities } = await graph.ask<{ _entities: [{ tasks: Record<string, unknown>[] }] }>(
    member(memberId),
    `query ($id: ID!) {
      _entities(representations: [{ __typename: "Member", id: $id }]) {
        ... on Member {
          tasks(program: "super-member") {
            campaign { slug } completedToday perDay completedThisYear perYear pointsEarned available
          }
        }
      }
    }`,
    { id: memberId },
  )
  return _entities[0].tasks
}

describe('a task', () => {
  it('gives its points once a day', async () => {
    await using graph = await open('2026-01-15T15:59:00Z') // 23:59 in Shanghai
    const ledger = playLedger(graph)
    const { participation } = await complete(graph, lin, 'daily-sign-in')
    expect(participation).toEqual({
      id: expect.any(String),
      day: '2026-01-15',
      number: 1,
      points: 1,
      state: 'REWARDED',
      refusalCode: null,
    })
    expect([...ledger.grants.values()]).toEqual([
      {
        program: 'super-member',
        memberId: LIN,
        points: 1,
        source: 'ACTIVITY',
        reason: 'daily-sign-in',
        document: participation!.id,
        occurredAt: '2026-01-15T15:59:00.000Z',
        idempotencyKey: participation!.id,
      },
    ])
    expect((await complete(graph, lin, 'daily-sign-in')).refusal).toEqual({
      code: 'DAILY_LIMIT_REACHED',
      message: 'The limit of this task is reached: 1 a day.',
    })
    graph.clock.advance(60_000)
    expect((await complete(graph, lin, 'super-member:daily-sign-in')).participation?.day).toBe('2026-01-16')
    expect((await published(graph)).at(-1)).toMatchObject({
      type: 'campaigns.TaskCompleted',
      memberId: LIN,
      payload: { program: 'super-member', campaign: 'daily-sign-in' },
    })
  })

  it('has a limit per calendar year', async () => {
    await using graph = await open('2026-12-30T00:00:00Z')
    playLedger(graph)
    for (let n = 0; n < 4; n++)
      expect((await complete(graph, lin, 'share')).participation?.number).toBe(n + 1)
    graph.clock.advance(DAY_MS)
    for (let n = 0; n < 2; n++) expect((await complete(graph, lin, 'share')).refusal).toBeNull()
    expect((await complete(graph, lin, 'share')).refusal?.code).toBe('YEARLY_LIMIT_REACHED')
    graph.clock.advance(DAY_MS)
    expect((await complete(graph, lin, 'share')).participation).toMatchObject({
      day: '2027-01-01',
      number: 1,
    })
    expect((await complete(graph, member(WANG), 'share')).refusal).toBeNull()
  })

  it('is refused in the order of the list', async () => {
    await using graph = await open()
    playLedger(graph)
    const idempotencyKey = 'used'
    await complete(graph, lin, 'daily-sign-in', { idempotencyKey })
    const refusals = [
      await complete(graph, lin, 'nothing', { idempotencyKey }),
      await complete(graph, lin, 'nothing'),
      await complete(graph, lin, 'nothing:daily-sign-in'),
      await complete(graph, lin, 'double-day'),
      await complete(graph, lin, 'daily-sign-in'),
    ]
    graph.clock.advance(Date.parse('2026-12-12T00:00:00Z') - graph.clock.now())
    refusals.push(await complete(graph, lin, 'double-day'))
    await publishProgram(graph, { version: 2, campaigns: superMember.campaigns.slice(1) })
    refusals.push(await complete(graph, lin, 'daily-sign-in'))
    expect(refusals.map(({ refusal }) => refusal?.code)).toEqual([
      'IDEMPOTENCY_KEY_REUSED',
      'CAMPAIGN_NOT_FOUND',
      'CAMPAIGN_NOT_FOUND',
      'CAMPAIGN_NOT_LIVE',
      'DAILY_LIMIT_REACHED',
      'TASK_NOT_COMPLETABLE',
      'CAMPAIGN_NOT_LIVE',
    ])
  })

  it('may be completed for a member by a channel, also at a past moment', async () => {
    await using graph = await open('2026-01-01T00:00:00Z')
    playLedger(graph)
    const past = { memberId: LIN, occurredAt: '2025-12-31T15:00:00Z' }
    expect((await complete(graph, app, 'daily-sign-in', past)).participation?.day).toBe('2025-12-31')
    expect((await complete(graph, app, 'daily-sign-in', past)).refusal?.code).toBe('DAILY_LIMIT_REACHED')
    expect((await complete(graph, app, 'daily-sign-in', { memberId: LIN })).participation?.day).toBe(
      '2026-01-01',
    )
    expect(await graph.sql('select year, completed from campaigns.task_counter order by year')).toEqual([
      { year: 2025, completed: 1 },
      { year: 2026, completed: 1 },
    ])
  })

  it.each<[string, Principal, Record<string, unknown>, string]>([
    ['for another member', lin, { memberId: WANG }, 'FORBIDDEN'],
    ['at a moment of its choice', lin, { occurredAt: '2026-01-14T00:00:00Z' }, 'FORBIDDEN'],
    ['for nobody', app, {}, 'BAD_USER_INPUT'],
    ['for what is no member', app, { memberId: '42' }, 'BAD_USER_INPUT'],
    ['tomorrow', app, { memberId: LIN, occurredAt: '2026-01-16T00:00:00Z' }, 'BAD_USER_INPUT'],
  ])('is not completed %s', async (_, by, input, code) => {
    await using graph = await open()
    await expect(complete(graph, by, 'daily-sign-in', input)).rejects.toMatchObject({
      errors: [{ extensions: { code } }],
    })
  })
})

describe('an idempotency key that is none', () => {
  it.for([
    ['empty', '', 'idempotencyKey must have 1 to 255 characters.'],
    ['blank', '  ', 'idempotencyKey must have 1 to 255 characters.'],
    ['too long', 'x'.repeat(256), 'idempotencyKey must have 1 to 255 characters.'],
    ['not storable', 'a\u0000b', 'A text is too long, or has a character that cannot be stored.'],
  ])('is the mistake of the caller: %s', async ([, idempotencyKey, message]) => {
    await using graph = await open()
    const refused = complete(graph, lin, 'daily-sign-in', { idempotencyKey })
    await expect(refused).rejects.toMatchObject({
      message,
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })
})

describe('under races', () => {
  it('twenty shares at once: four count, four are paid', async () => {
    await using graph = await open()
    const ledger = playLedger(graph)
    const answers = await Promise.all(Array.from({ length: 20 }, () => complete(graph, lin, 'share')))
    const numbers = answers.flatMap(({ participation }) => (participation ? [participation.number] : []))
    expect(numbers.sort()).toEqual([1, 2, 3, 4])
    expect(answers.filter(({ refusal }) => refusal?.code === 'DAILY_LIMIT_REACHED')).toHaveLength(16)
    expect(ledger.grants.size).toBe(4)
  })

  it('one share sent ten times at once is one, paid once', async () => {
    await using graph = await open()
    const ledger = playLedger(graph)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => complete(graph, lin, 'share', { idempotencyKey: 'one' })),
    )
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(answers[0]!.participation?.state).toBe('REWARDED')
    expect(ledger.grants.size).toBe(1)
  })
})

describe('when the points do not follow at once', () => {
  it.each(['unreachable', 'silent'] as const)('the job gives them: the ledger was %s', async (trouble) => {
    await using graph = await open()
    const ledger = playLedger(graph)
    ledger[trouble] = true
    const idempotencyKey = `trouble ${trouble}`
    expect((await complete(graph, lin, 'share', { idempotencyKey })).participation?.state).toBe('PENDING')
    await graph.runJob('settle-rewards')
    expect((await complete(graph, lin, 'share', { idempotencyKey })).participation?.state).toBe('PENDING')
    expect((await tasksOf(graph, LIN))[1]).toMatchObject({ completedToday: 1, pointsEarned: 0 })

    ledger[trouble] = false
    await graph.runJob('settle-rewards')
    expect((await tasksOf(graph, LIN))[1]).toMatchObject({ completedToday: 1, pointsEarned: 2 })
    const { calls } = ledger
    expect((await complete(graph, lin, 'share', { idempotencyKey })).participation?.state).toBe('REWARDED')
    await graph.runJob('settle-rewards')
    expect(ledger.calls).toBe(calls)
    expect(ledger.grants.size).toBe(1)
  })

  it('the same call again gives them too', async () => {
    await using graph = await open()
    const ledger = playLedger(graph)
    ledger.unreachable = true
    await complete(graph, lin, 'share', { idempotencyKey: 'again' })
    ledger.unreachable = false
    expect((await complete(graph, lin, 'share', { idempotencyKey: 'again' })).participation).toMatchObject({
      number: 1,
      state: 'REWARDED',
    })
  })

  it('one that the ledger cannot answer does not hold up the others', async () => {
    await using graph = await open()
    const ledger = playLedger(graph)
    ledger.silent = true
    await complete(graph, lin, 'share')
    await complete(graph, lin, 'share')
    ledger.calls = 0
    await graph.runJob('settle-rewards')
    expect(ledger.calls).toBe(2)
  })

  it('what the ledger refuses stays refused', async () => {
    await using graph = await open()
    const ledger = playLedger(graph)
    ledger.refusal = 'MEMBER_NOT_FOUND'
    expect((await complete(graph, lin, 'daily-sign-in')).participation).toMatchObject({
      state: 'REFUSED',
      refusalCode: 'MEMBER_NOT_FOUND',
    })
    ledger.refusal = undefined
    await graph.runJob('settle-rewards')
    expect(ledger.grants.size).toBe(0)
  })

  it('a task without points asks the ledger nothing', async () => {
    await using graph = await open()
    const ledger = playLedger(graph)
    expect((await complete(graph, lin, 'survey')).participation?.state).toBe('REWARDED')
    expect(ledger.calls).toBe(0)
  })
})

it('a member sees how far it is with each task', async () => {
  await using graph = await open()
  playLedger(graph)
  for (let n = 0; n < 4; n++) await complete(graph, lin, 'share')
  graph.clock.advance(DAY_MS)
  await complete(graph, lin, 'share')
  await complete(graph, lin, 'daily-sign-in')
  expect(await tasksOf(graph, LIN)).toEqual([
    {
      campaign: { slug: 'daily-sign-in' },
      completedToday: 1,
      perDay: 1,
      completedThisYear: 1,
      perYear: 365,
      pointsEarned: 1,
      available: false,
    },
    {
      campaign: { slug: 'share' },
      completedToday: 1,
      perDay: 4,
      completedThisYear: 5,
      perYear: 6,
      pointsEarned: 10,
      available: true,
    },
    expect.objectContaining({ campaign: { slug: 'survey' }, completedThisYear: 0, available: true }),
  ])
  expect((await tasksOf(graph, WANG)).every(({ available }) => available)).toBe(true)
})
