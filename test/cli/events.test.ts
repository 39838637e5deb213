import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEverything } from '../helpers/everything.ts'
import { huitongWith } from './run-huitong.ts'

let everything: Awaited<ReturnType<typeof openEverything>>
let run: Awaited<ReturnType<typeof huitongWith>>['run']
let memberId: string

beforeAll(async () => {
  everything = await openEverything()
  ;({ run } = await huitongWith({ DATABASE_URL: everything.databaseUrl }))
  const clerk = await everything.token({ kind: 'clerk', store: 'store-1' })
  const { registerMember } = await everything.ask<{ registerMember: { member: { id: string } } }>(
    clerk,
    `mutation { registerMember(input: { channel: STORE, proofs: [{ asserted: { kind: PHONE, value: "13800138000" } }] }) { member { id } } }`,
  )
  memberId = registerMember.member.id
  // The grants of a tier cannot be written for a while.
  await everything.sql('revoke insert on benefits.entitlement from huitong_benefits')
  await everything.ask(
    clerk,
    `mutation ($memberId: ID!) {
      recordPurchase(input: { channel: "store", document: "bill-1", member: { id: $memberId }, lines: [{ amount: "3200" }] }) { purchase { points } }
    }`,
    { memberId },
    { prefer: 'wait=10' },
  )
})
afterAll(() => everything?.[Symbol.asyncDispose]())

const parked = () =>
  everything.sql<{ id: string }>(
    `select 'benefits:' || source || ':' || position as id from benefits.parked_event order by position`,
  )
const grants = async (): Promise<number> =>
  (await everything.sql(`select from benefits.entitlement where member_id = $1`, [memberId])).length
const decisions = () =>
  everything.sql<{ decision: string }>(
    'select decision, reason, decided_by, type from benefits.parked_event_decision order by decided_at',
  )

test('a parked event is listed, fails again while the cause is there, and takes effect when it is gone', async () => {
  const [event] = await parked()
  expect(await grants()).toBe(0)
  const listed = await run('events', 'list')
  expect(listed.code).toBe(1)
  expect(listed.out).toContain(`${event!.id}  ledger.TierChanged  member ${memberId}`)
  expect(listed.out).toContain('permission denied')

  expect((await run('events', 'retry', event!.id)).code).toBe(1)
  expect(await parked()).toHaveLength(1)

  await everything.sql('grant insert on benefits.entitlement to huitong_benefits')
  const retried = await run('events', 'retry', '--all')
  expect([retried.code, retried.out]).toEqual([0, `${event!.id}: has taken effect\n`])
  expect(await parked()).toEqual([])
  expect(await grants()).toBeGreaterThan(0)
  expect((await decisions()).map(({ decision }) => decision)).toEqual(['failed again', 'retried'])
  expect((await run('events', 'list')).out).toBe('no event is parked\n')
})

test('an event is given up for a reason, once', async () => {
  await everything.sql(
    `insert into benefits.parked_event (source, position, type, payload, error, parked_at, occurred_at)
     values ('ledger', 999, 'ledger.TierChanged', '{}', 'Error: odd', now(), now())`,
  )
  const drop = ['events', 'drop', 'benefits:ledger:999', '--reason', 'ticket 118']
  expect(await run(...drop)).toMatchObject({ code: 0, out: 'benefits:ledger:999: dropped\n' })
  expect(await run(...drop)).toMatchObject({ code: 1, err: 'huitong: benefits:ledger:999: is not parked\n' })
  expect((await decisions()).at(-1)).toMatchObject({
    decision: 'dropped',
    reason: 'ticket 118',
    decided_by: expect.stringMatching(/^cli:./),
    type: 'ledger.TierChanged',
  })
  expect((await run('events', 'retry', 'nonsense')).err).toBe(
    'huitong: nonsense: is no event; they look like benefits:ledger:42\n',
  )
})
