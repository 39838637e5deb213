import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Principal } from '../../kernel/auth/principal.ts'
import { admin, manager, member, operator } from '../helpers/graph.ts'
import { asserted, type IdentityStory, openIdentity, type Refused } from './story.ts'

interface Applied {
  readonly application: {
    id: string
    state: string
    reason: string | null
    decisionReason: string | null
  } | null
  readonly refusal: Refused | null
}
const FIELDS = 'application { id state reason decisionReason decidedBy tier node }'
const PUBLISHED = {
  program: 'club',
  version: 1,
  name: { en: 'Club', 'zh-CN': '会' },
  timeZone: 'Asia/Shanghai',
  tiers: ['base', 'gold'].map((id) => ({ id, name: { en: id, 'zh-CN': id } })),
  benefits: [],
  campaigns: [],
}

describe('applications', () => {
  let identity: IdentityStory
  let turn = 0
  beforeAll(async () => {
    identity = await openIdentity()
    identity.emit('ledger', { type: 'ledger.ProgramPublished', payload: PUBLISHED })
    await identity.drain()
    for (const [id, kind, parent] of [
      ['east', 'REGION', null],
      ['s-1', 'STORE', 'east'],
      ['s-2', 'STORE', null],
    ]) {
      await identity.mutate(admin, 'saveNode', 'SaveNodeInput', { id, kind, name: id, parent }, 'node { id }')
    }
  })
  afterAll(() => identity[Symbol.asyncDispose]())

  const joined = async (store?: string): Promise<string> => {
    const phone = `1380000${String(++turn).padStart(4, '0')}`
    if (store === undefined) return identity.registered(phone)
    return (await identity.register(manager(store), [asserted('PHONE', phone)], 'STORE')).member!.id
  }
  const apply = (as: Principal, input: Record<string, unknown>) =>
    identity.mutate<Applied>(as, 'submitApplication', 'SubmitApplicationInput', input, FIELDS)
  const decide = (as: Principal, id: string, approve: boolean, reason?: string, key?: string) =>
    identity.mutate<Applied>(
      as,
      'decideApplication',
      'DecideApplicationInput',
      { id, approve, reason, idempotencyKey: key },
      FIELDS,
    )
  const toGold = { kind: 'TIER', tier: 'gold', reason: '我常来\n每周两次' }

  test('a member applies for a tier, the region approves, and the ledger is told', async () => {
    const anna = await joined('s-1')
    const { application } = await apply(member(anna), toGold)
    expect(application).toMatchObject({
      state: 'SUBMITTED',
      tier: 'gold',
      node: 's-1',
      reason: '我常来 / 每周两次',
    })
    const [row] = await identity.sql<{ text: string }>(
      `select application::text as text from identity.application where id = '${application!.id}'`,
    )
    expect(row!.text).not.toContain('常来')

    const decided = await decide(manager('east', ['s-1']), application!.id, true)
    expect(decided.application).toMatchObject({ state: 'APPROVED', decidedBy: 'staff:manager-east' })
    const moved = (await identity.events()).filter(
      ({ type, memberId }) => type.startsWith('identity.Application') && memberId === anna,
    )
    expect(moved.map(({ type, payload }) => [type, payload])).toEqual([
      [
        'identity.ApplicationSubmitted',
        { applicationId: application!.id, kind: 'TIER', program: 'club', tier: 'gold', by: `member:${anna}` },
      ],
      [
        'identity.ApplicationApproved',
        {
          applicationId: application!.id,
          kind: 'TIER',
          program: 'club',
          tier: 'gold',
          by: 'staff:manager-east',
        },
      ],
    ])
  })

  test('a refusal has a reason, which the member reads', async () => {
    const anna = await joined('s-1')
    const { application } = await apply(member(anna), { kind: 'MEMBERSHIP' })
    expect((await decide(manager('s-1'), application!.id, false)).refusal?.code).toBe('APPLICATION_NOT_VALID')
    await decide(manager('s-1'), application!.id, false, 'Not in our area')
    const { me } = await identity.ask<{ me: { applications: unknown[] } }>(
      member(anna),
      '{ me { applications { state decisionReason } } }',
    )
    expect(me.applications).toEqual([{ state: 'REFUSED', decisionReason: 'Not in our area' }])
    expect((await apply(member(anna), { kind: 'MEMBERSHIP' })).refusal).toBeNull()
  })

  test.for<[string, Record<string, unknown>, string]>([
    ['for a tier that is none', { kind: 'TIER', tier: 'silk' }, 'APPLICATION_NOT_VALID'],
    ['for no tier', { kind: 'TIER' }, 'APPLICATION_NOT_VALID'],
    ['for a membership with a tier', { kind: 'MEMBERSHIP', tier: 'gold' }, 'APPLICATION_NOT_VALID'],
    ['with too many words', { ...toGold, reason: 'x'.repeat(501) }, 'APPLICATION_NOT_VALID'],
    ['in no programme', { ...toGold, program: 'nothing' }, 'PROGRAM_NOT_FOUND'],
  ])('%s is refused', async ([, input, code]) => {
    expect((await apply(member(await joined()), input)).refusal?.code).toBe(code)
  })

  test('of ten at once one waits', async () => {
    const anna = await joined()
    const answers = await Promise.all(Array.from({ length: 10 }, () => apply(member(anna), toGold)))
    expect(answers.filter(({ application }) => application)).toHaveLength(1)
    expect(answers.filter(({ refusal }) => refusal?.code === 'APPLICATION_OPEN')).toHaveLength(9)
  })

  test('of approvals and refusals at once one counts', async () => {
    const anna = await joined('s-1')
    const { application } = await apply(member(anna), toGold)
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) => decide(manager('s-1'), application!.id, at % 2 === 0, 'because')),
    )
    expect(answers.filter(({ refusal }) => refusal === null)).toHaveLength(1)
    expect(answers.filter(({ refusal }) => refusal?.code === 'APPLICATION_DECIDED')).toHaveLength(7)
    const decided = (await identity.events()).filter(
      ({ type, memberId }) => /Approved|Refused/.test(type) && memberId === anna,
    )
    expect(decided).toHaveLength(1)
  })

  test('nobody decides its own, nor what is not of its part, nor what is withdrawn', async () => {
    const anna = await joined('s-1')
    const atCounter = await apply(manager('s-1'), { memberId: anna, ...toGold })
    expect((await decide(manager('s-1'), atCounter.application!.id, true)).refusal?.code).toBe(
      'REVIEWER_NOT_ALLOWED',
    )
    expect((await decide(manager('s-2'), atCounter.application!.id, true)).refusal?.code).toBe(
      'APPLICATION_NOT_FOUND',
    )
    await expect(decide(operator, atCounter.application!.id, true)).rejects.toThrow('no right')
    const bob = await joined()
    const withdraw = (id: string) =>
      identity.mutate<Applied>(
        member(anna),
        'withdrawApplication',
        'WithdrawApplicationInput',
        { id },
        FIELDS,
      )
    const others = await apply(member(bob), toGold)
    expect((await withdraw(others.application!.id)).refusal?.code).toBe('APPLICATION_NOT_FOUND')
    expect((await withdraw(atCounter.application!.id)).application?.state).toBe('WITHDRAWN')
    expect((await decide(admin, atCounter.application!.id, true)).refusal?.code).toBe('APPLICATION_DECIDED')
  })

  test('reviewers list what waits in their part; head office what lies nowhere, too', async () => {
    const list = async (as: Principal) =>
      (
        await identity.ask<{ applications: { edges: { node: { id: string } }[] } }>(
          as,
          '{ applications(state: SUBMITTED, first: 100) { edges { node { id reason } } } }',
        )
      ).applications.edges.map(({ node }) => node.id)
    const here = (await apply(member(await joined('s-1')), toGold)).application!.id
    const nowhere = (await apply(member(await joined()), toGold)).application!.id
    expect(await list(manager('east', ['s-1']))).toContain(here)
    expect(await list(manager('east', ['s-1']))).not.toContain(nowhere)
    expect(await list(manager('s-2'))).not.toContain(here)
    expect(await list(admin)).toEqual(expect.arrayContaining([here, nowhere]))
  })

  test('the same call again gets the same answer, and a decision stands', async () => {
    const anna = await joined('s-1')
    const { application } = await apply(member(anna), toGold)
    const first = await decide(admin, application!.id, true, 'fine', 'k-1')
    expect(await decide(admin, application!.id, true, 'fine', 'k-1')).toEqual(first)
    await expect(
      identity.sql(`update identity.application set state = 'REFUSED' where id = '${application!.id}'`),
    ).rejects.toThrow('decided once')
  })
})
