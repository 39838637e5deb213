import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryBudgets, secondsToWait, WINDOW_MS } from '../../../gateway/limits/budgets.ts'
import { openFakeGateway } from '../fakes/open-gateway.ts'

describe('a budget', () => {
  test.for([
    // now, before, cost, of 100, ms into the window, seconds to wait
    [0, 0, 100, 100, 0, undefined],
    [1, 0, 100, 100, 0, 61],
    [0, 100, 1, 100, 0, 1],
    [0, 100, 50, 100, 30_000, undefined],
    [0, 100, 60, 100, 30_000, 6],
    [0, 100, 100, 100, 59_000, 2],
    [90, 0, 20, 100, 59_500, 2],
    [0, 0, 5_000, 100, 0, undefined],
    [0, 1, 5_000, 100, 0, 60],
  ] as const)('%i now, %i before, %i more', ([now, before, cost, perMinute, into, seconds]) => {
    expect(secondsToWait({ now, before, cost, perMinute, into })).toBe(seconds)
  })

  test('never lets through more than its limit in a window, and who waits as told gets through', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: 1, max: 60 })), {
          maxLength: 60,
        }),
        (steps) => {
          let at = 1_700_000_000_000
          const budgets = memoryBudgets(() => at)
          const spent: [number, number][] = []
          for (const [pause, cost] of steps) {
            at += pause
            let wait = budgets.spend('ann', cost, 100) as number | undefined
            if (wait !== undefined) {
              for (let tries = 0; wait !== undefined && tries < 3; tries++) {
                at += wait * 1_000
                wait = budgets.spend('ann', cost, 100) as number | undefined
              }
              expect(wait).toBeUndefined()
            }
            spent.push([Math.floor(at / WINDOW_MS), cost])
          }
          const perWindow = new Map<number, number>()
          for (const [window, cost] of spent) perWindow.set(window, (perWindow.get(window) ?? 0) + cost)
          expect([...perWindow.values()].every((sum) => sum <= 100)).toBe(true)
        },
      ),
    )
  })

  test('is one for each caller', () => {
    const budgets = memoryBudgets(() => 0)
    expect(budgets.spend('ann', 100, 100)).toBeUndefined()
    expect(budgets.spend('bob', 100, 100)).toBeUndefined()
    expect(budgets.spend('ann', 1, 100)).toBeGreaterThan(0)
  })

  test('of callers that come by the hundred thousand, who has not asked for the longest time is forgotten, at no more cost than one', () => {
    const budgets = memoryBudgets(() => 0)
    const spends = (caller: string) => budgets.spend(caller, 100, 100) === undefined
    for (const caller of ['ann', 'bob']) expect(spends(caller)).toBe(true)
    // All within a minute, so that nobody is at rest.
    for (let one = 0; one < 99_999; one++) spends(`m${one}`)
    expect(spends('bob')).toBe(false)
    const refused = []
    for (let one = 0; one < 99_000; one++) if (!spends(`n${one}`)) refused.push(one)
    expect(refused).toEqual([])
    expect(spends('ann')).toBe(true)
    expect(spends('bob')).toBe(false)
  })
})

describe('through the gateway', () => {
  const limits = { member: 200, partner: 200, staff: 0, service: 0, address: 500 }
  const open = () => openFakeGateway({ mode: 'production', protection: { costPerMinute: limits } })
  const as = (memberId: string) =>
    ({ kind: 'member', memberId: memberId as never, channel: 'APP', sessionId: 's' }) as const
  const askUntilRefused = async (ask: () => Promise<{ status: number; body: unknown; headers: object }>) => {
    for (let count = 0; count < 1_000; count++) {
      const answer = await ask()
      if (answer.status !== 200)
        return {
          count,
          answer: answer as never as Awaited<ReturnType<typeof ask>> & {
            headers: Record<string, string>
            body: { errors: [Record<string, unknown>] }
          },
        }
    }
    throw new Error('nobody was refused')
  }

  test('a caller that asks for too much is told when to come again; others go on, and so does it, later', async () => {
    await using gateway = await open()
    const ann = { authorization: `Bearer ${await gateway.tokenOf(as('1'))}` }
    const bob = { authorization: `Bearer ${await gateway.tokenOf(as('2'))}` }
    const { answer, count } = await askUntilRefused(() => gateway.ask('{ programs }', {}, ann))
    expect(count).toBeGreaterThan(40)
    expect(answer.status).toBe(429)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(answer.body.errors[0]).toMatchObject({ extensions: { code: 'RATE_LIMITED' } })
    expect((await gateway.ask('{ programs }', {}, bob)).status).toBe(200)
    gateway.clock.advanceTo((gateway.clock.now() + 2 * WINDOW_MS) as never)
    const again = { authorization: `Bearer ${await gateway.tokenOf(as('1'))}` }
    expect((await gateway.ask('{ programs }', {}, again)).status).toBe(200)
  })

  test('an address is limited for all that come from it without a token, whatever they send', async () => {
    await using gateway = await open()
    const { answer } = await askUntilRefused(async () => {
      const refused = await gateway.post('{ no JSON')
      return { ...refused, status: refused.status === 400 ? 200 : refused.status }
    })
    expect(answer.status).toBe(429)
    const staff = {
      authorization: `Bearer ${await gateway.tokenOf({ kind: 'staff', staffId: 'a', role: 'admin' })}`,
    }
    expect((await gateway.ask('{ programs }', {}, staff)).status).toBe(200)
  })

  test('who asks for much has less often', async () => {
    await using gateway = await open()
    const token = { authorization: `Bearer ${await gateway.tokenOf(partnerOf('cinema'))}` }
    const light = await askUntilRefused(() => gateway.ask('{ programs }', {}, token))
    const other = { authorization: `Bearer ${await gateway.tokenOf(partnerOf('hotel'))}` }
    const heavy = await askUntilRefused(() => gateway.ask('{ members { id name } }', {}, other))
    expect(heavy.count).toBeLessThan(light.count / 4)
  })
})

const partnerOf = (partnerId: string) => ({ kind: 'partner', partnerId }) as const
