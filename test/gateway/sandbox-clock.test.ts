import { describe, expect, test } from 'vitest'
import { sandboxClock, timetable } from '../../gateway/sandbox-clock.ts'
import { TestClock } from '../../kernel/clock.ts'
import type { SubgraphName } from '../../kernel/config.ts'
import type { Schedule } from '../../kernel/jobs/define-job.ts'
import { silentLog } from '../../kernel/log.ts'
import { localPeers } from '../../kernel/peers.ts'
import { addDuration, type Instant, instant, toIso } from '../../kernel/values/instant.ts'
import { openFakeGateway } from './fakes/open-gateway.ts'

const START = instant('2026-01-30T12:00:00Z')

function openFakes(jobs: { subgraph: SubgraphName; name: string; schedule?: Schedule; run?: () => void }[]) {
  const clock = TestClock.standingAt(START)
  const peers = localPeers(clock)
  const happened: string[] = []
  const kept: Instant[] = []
  const names: SubgraphName[] = ['identity', 'ledger', 'benefits', 'campaigns']
  const mounted = names.map((name) => {
    const own = jobs.filter((job) => job.subgraph === name)
    peers.add(name, {
      feed: {
        read: async () => [],
        hasNewer: async () => false,
        end: async () => ({ transaction: '0', position: '0' }),
      },
      execute: async () => ({}),
      drain: async () => void happened.push(`${name} drained`),
    })
    return {
      name,
      jobs: own as never[],
      async runJob(jobName: string) {
        happened.push(`${toIso(clock.now()).slice(0, 16)} ${jobName}`)
        own.find((job) => job.name === jobName)!.run?.()
      },
    }
  })
  const machine = sandboxClock({
    clock,
    mounted,
    peers,
    log: silentLog,
    keep: async (now) => void kept.push(now),
  })
  return {
    clock,
    peers,
    happened,
    kept,
    machine,
    jobsRun: () => happened.filter((line) => !line.endsWith('drained')),
  }
}

describe('moving the clock', () => {
  test('stops at every midnight on the way for what falls due, and once at the end', async () => {
    const { machine, jobsRun, kept, clock } = openFakes([
      { subgraph: 'ledger', name: 'expirePoints', schedule: 'every day' },
      { subgraph: 'campaigns', name: 'sendReminders', schedule: 'every minute' },
      { subgraph: 'ledger', name: 'onDemand' },
    ])
    const moved = await machine.moveTo(instant('2026-02-01T06:00:00Z'))
    expect(jobsRun()).toEqual([
      '2026-01-31T00:00 expirePoints',
      '2026-01-31T00:00 sendReminders',
      '2026-02-01T00:00 expirePoints',
      '2026-02-01T00:00 sendReminders',
      '2026-02-01T06:00 expirePoints',
      '2026-02-01T06:00 sendReminders',
    ])
    expect(moved).toEqual({
      now: clock.now(),
      ran: { 'ledger.expirePoints': 3, 'campaigns.sendReminders': 3 },
      failed: [],
    })
    expect(toIso(clock.now())).toBe('2026-02-01T06:00:00.000Z')
    expect(kept).toEqual([clock.now()])
  })

  test('lets events take effect at each stop before time goes on, and skips quiet days', async () => {
    let published = 0
    const fakes = openFakes([
      {
        subgraph: 'ledger',
        name: 'expirePoints',
        schedule: 'every day',
        run: () => {
          if (++published === 1) fakes.peers.wake('ledger')
        },
      },
    ])
    await fakes.machine.moveTo(addDuration(START, 'P3D', 'UTC'))
    const drainedAfter = fakes.happened.map((line) => (line.includes('T') ? 'job' : 'drained'))
    // Before the first step, then only after the day on which something happened.
    expect(
      drainedAfter
        .join(' ')
        .replaceAll(/(drained ?)+/g, 'drained ')
        .trim(),
    ).toBe('drained job drained job job job')
  })

  test('a year takes 366 stops', () => {
    const daily = { schedule: 'every day' as const }
    const often = { schedule: 'every minute' as const }
    const stops = timetable(START, addDuration(START, 'P1Y', 'UTC'), [daily, often])
    expect(stops).toHaveLength(366)
    expect(stops.every(({ due }) => due.length === 2)).toBe(true)
  })

  test('a job that fails is named, and the others go on', async () => {
    const { machine, jobsRun } = openFakes([
      {
        subgraph: 'ledger',
        name: 'expirePoints',
        schedule: 'every day',
        run: () => {
          throw new Error('no')
        },
      },
      { subgraph: 'benefits', name: 'expireEntitlements', schedule: 'every day' },
    ])
    const { ran, failed } = await machine.moveTo(addDuration(START, 'PT1H', 'UTC'))
    expect(failed).toEqual(['ledger.expirePoints'])
    expect(ran).toEqual({ 'benefits.expireEntitlements': 1 })
    expect(jobsRun()).toHaveLength(2)
  })

  test('never goes back, and two moves at once follow each other', async () => {
    const { machine, clock, jobsRun } = openFakes([
      { subgraph: 'ledger', name: 'expirePoints', schedule: 'every day' },
    ])
    const [first, second] = await Promise.all([
      machine.moveTo(addDuration(START, 'PT1H', 'UTC')),
      machine.moveTo(addDuration(START, 'PT1H', 'UTC')),
    ])
    await machine.moveTo(START)
    expect(first.ran).toEqual({ 'ledger.expirePoints': 1 })
    expect(second.ran).toEqual({})
    expect(jobsRun()).toHaveLength(1)
    expect(clock.now()).toBe(addDuration(START, 'PT1H', 'UTC'))
  })
})

describe('POST /sandbox/clock', () => {
  const openWithClock = () =>
    openFakeGateway({
      timeMachine: (clock) => ({
        async moveTo(target) {
          clock.advanceTo(target)
          return { now: clock.now(), ran: { 'ledger.expirePoints': 1 }, failed: [] }
        },
      }),
    })

  test('moves on by a duration, or to a moment', async () => {
    await using gateway = await openWithClock()
    const move = (payload: object) =>
      gateway.server.inject({ method: 'POST', url: '/sandbox/clock', payload })
    expect((await move({ advance: 'P30D' })).json()).toEqual({
      now: '2026-01-31T00:00:00.000Z',
      ran: { 'ledger.expirePoints': 1 },
      failed: [],
    })
    expect((await move({ set: '2027-01-01T08:00:00+08:00' })).json().now).toBe('2027-01-01T00:00:00.000Z')
  })

  test.for([
    [{}, 'Send {"advance":"P30D"} or'],
    [{ advance: '30 days' }, 'ISO 8601'],
    [{ advance: '-P1D' }, 'only goes forward'],
    [{ advance: 'P11Y' }, 'at most 10 years'],
    [{ set: '2025-12-31T00:00:00Z' }, 'only goes forward; it is 2026-01-01'],
    [{ set: '2026-13-45T00:00:00Z' }, 'a moment'],
    [{ set: '2027-01-01' }, 'with its zone'],
    [{ advance: 'P1D', set: '2027-01-01T00:00:00Z' }, 'Send {"advance":"P30D"} or'],
  ] as const)('%o is refused', async ([payload, why]) => {
    await using gateway = await openWithClock()
    const answer = await gateway.server.inject({ method: 'POST', url: '/sandbox/clock', payload })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } })
    expect(answer.json().errors[0].message).toContain(why)
  })
})
