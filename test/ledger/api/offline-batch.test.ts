import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { admin, clerk, operator } from '../../helpers/graph.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { documentWith } from '../program-of.ts'
import { accountField, type OpenLedger, purchase, type RefusalAnswer, record } from '../requests.ts'

const REGISTER = `mutation Register($input: RegisterTerminalInput!) {
  registerTerminal(input: $input) { terminal { deviceId algorithm revokedAt } secret }
}`
const BATCH = `mutation Batch($input: RecordOfflineBatchInput!) {
  recordOfflineBatch(input: $input) {
    results { sequence duplicate purchase { document points store channel occurredAt } purchaseReturn { document points } activity { code points } refusal { code details { name value } } }
    missing { from to }
    refusal { code details { name value } }
  }
}`

interface BatchAnswer {
  results: {
    sequence: number
    duplicate: boolean
    purchase: { document: string; points: number; store: string; channel: string; occurredAt: string } | null
    purchaseReturn: { document: string; points: number } | null
    activity: { code: string; points: number } | null
    refusal: RefusalAnswer | null
  }[]
  missing: { from: number; to: number }[]
  refusal: RefusalAnswer | null
}

type Sign = (payload: string) => string

async function registered(
  ledger: OpenLedger,
  kind: 'ES256' | 'HS256' = 'HS256',
  deviceId = 'pos-1',
): Promise<Sign> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicKey =
    kind === 'ES256' ? pair.publicKey.export({ type: 'spki', format: 'pem' }).toString() : undefined
  const { registerTerminal } = await ledger.ask<{
    registerTerminal: { terminal: { algorithm: string }; secret: string | null }
  }>(admin, REGISTER, { input: { deviceId, store: 'store-1', channel: 'store', publicKey } })
  expect(registerTerminal.terminal.algorithm).toBe(kind)
  const { secret } = registerTerminal
  if (secret === null) {
    return (payload) =>
      sign('sha256', Buffer.from(payload), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }).toString(
        'base64url',
      )
  }
  return (payload) =>
    createHmac('sha256', Buffer.from(secret, 'base64url')).update(payload).digest('base64url')
}

const event = (sequence: number, amount = '10.00', more: Record<string, unknown> = {}) => ({
  sequence,
  occurredAt: `2026-01-0${Math.min(sequence, 9)}T04:00:00Z`,
  document: `bill ${sequence}`,
  member: { id: memberId('Li') },
  lines: [{ amount }],
  ...more,
})

async function handIn(
  ledger: OpenLedger,
  by: Sign,
  events: readonly object[],
  { as = admin, deviceId = 'pos-1', tamper = (text: string) => text } = {},
): Promise<BatchAnswer> {
  const payload = JSON.stringify({ events })
  const input = { deviceId, payload: tamper(payload), signature: by(payload) }
  return (await ledger.ask<{ recordOfflineBatch: BatchAnswer }>(as, BATCH, { input })).recordOfflineBatch
}

const points = async (ledger: OpenLedger): Promise<number> =>
  (await accountField<{ points: { available: number } }>(ledger, 'Li', 'points { available }')).points
    .available

const codes = ({ results }: BatchAnswer) =>
  results.map(({ refusal, duplicate }) => refusal?.code ?? duplicate)

describe.each(['ES256', 'HS256'] as const)('a batch signed with %s', (kind) => {
  test('is placed at the times of its purchases, in the store of the terminal', async () => {
    await using ledger = await openLedger()
    const by = await registered(ledger, kind)
    const answer = await handIn(ledger, by, [event(1, '10.00'), event(2, '20.00')])
    expect(answer.refusal).toBeNull()
    expect(answer.results[1]).toEqual({
      sequence: 2,
      duplicate: false,
      purchase: {
        document: 'bill 2',
        points: 20,
        store: 'store-1',
        channel: 'store',
        occurredAt: '2026-01-02T04:00:00.000Z',
      },
      purchaseReturn: null,
      activity: null,
      refusal: null,
    })
    expect(answer.missing).toEqual([])
    expect(await points(ledger)).toBe(30)
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })

  test('that was changed on its way is not taken', async () => {
    await using ledger = await openLedger()
    const by = await registered(ledger, kind)
    const changed = await handIn(ledger, by, [event(1)], { tamper: (text) => text.replace('10.00', '99.00') })
    expect([changed.refusal!.code, changed.results]).toEqual(['SIGNATURE_NOT_VALID', []])
    const stranger = await registered(ledger, kind, 'pos-2')
    expect((await handIn(ledger, stranger, [event(1)])).refusal!.code).toBe('SIGNATURE_NOT_VALID')
    expect((await handIn(ledger, () => '', [event(1)])).refusal!.code).toBe('SIGNATURE_NOT_VALID')
    expect(await points(ledger)).toBe(0)
  })
})

test('the same batch again, parts of it, and the same bill by another road: recorded once, answered alike', async () => {
  await using ledger = await openLedger()
  const by = await registered(ledger)
  const first = await handIn(ledger, by, [event(1), event(2)])
  const again = await handIn(ledger, by, [event(1), event(2)])
  expect(codes(again)).toEqual([true, true])
  expect(again.results.map(({ purchase: one }) => one)).toEqual(first.results.map(({ purchase: one }) => one))
  expect(codes(await handIn(ledger, by, [event(2), event(3)]))).toEqual([true, false])
  await record(ledger, [
    purchase('Li', '10.00', { document: 'bill 4', store: 'store-1', occurredAt: '2026-01-04T04:00:00Z' }),
  ])
  expect(codes(await handIn(ledger, by, [event(4)]))).toEqual([true])
  expect(await points(ledger)).toBe(40)
})

const back = (sequence: number, bill: string, more: Record<string, unknown> = {}) => ({
  ...{ kind: 'return', sequence, occurredAt: '2026-01-09T05:00:00Z', document: `back ${sequence}` },
  ...{ purchase: { document: bill }, reason: 'faulty', ...more },
})
const signIn = (sequence: number) => ({
  ...{ kind: 'activity', sequence, occurredAt: '2026-01-09T04:00:00Z', document: `a ${sequence}` },
  ...{ member: { id: memberId('Li') }, code: 'sign-in' },
})

const withActivities = documentWith([
  'earn:\n',
  'earn:\n  - { id: signed-in, on: activity, activities: [sign-in], asset: points, award: { points: 1 } }\n',
])

test('returns and activities come with purchases, each once, however often the batch comes', async () => {
  await using ledger = await openLedger({ program: withActivities })
  const by = await registered(ledger)
  // The return stands before its purchase in the text, and after it in the terminal's order.
  const batch = [back(3, 'bill 1'), event(1, '10.00'), event(2, '20.00'), signIn(4)]
  const first = await handIn(ledger, by, batch)
  expect(first.results).toMatchObject([
    { sequence: 3, duplicate: false, purchase: null, purchaseReturn: { document: 'back 3', points: 10 } },
    { sequence: 1, purchase: { points: 10 } },
    { sequence: 2, purchase: { points: 20 } },
    { sequence: 4, purchase: null, activity: { code: 'sign-in', points: 1 } },
  ])
  const again = await Promise.all([handIn(ledger, by, batch), handIn(ledger, by, batch.slice(0, 2))])
  expect(again.flatMap(codes)).toEqual([true, true, true, true, true, true])
  expect(await points(ledger)).toBe(21)
  expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
})

test('a return by line, of a purchase of another channel, and of more than was bought', async () => {
  await using ledger = await openLedger()
  const by = await registered(ledger)
  await record(ledger, [purchase('Li', '30', { channel: 'app', document: 'web' })])
  const web = { channel: 'app', document: 'web' }
  const answer = await handIn(ledger, by, [
    back(1, 'web', {
      purchase: web,
      lines: [{ line: 0, amount: '10.00' }],
      occurredAt: '2026-01-10T04:00:00Z',
    }),
    back(2, 'web', {
      purchase: web,
      lines: [{ line: 0, amount: '21.00' }],
      occurredAt: '2026-01-10T04:00:00Z',
    }),
  ])
  expect(answer.results[0]).toMatchObject({ purchaseReturn: { points: 10 } })
  expect(codes(answer)[1]).toBe('EXCEEDS_PURCHASE')
  expect(await points(ledger)).toBe(20)
})

test('a return that comes before its purchase is refused, told as missing, and taken when it comes again', async () => {
  await using ledger = await openLedger()
  const by = await registered(ledger)
  const early = await handIn(ledger, by, [back(2, 'bill 1'), event(3)])
  expect(codes(early)).toEqual(['PURCHASE_NOT_FOUND', false])
  expect(early.missing).toEqual([{ from: 1, to: 2 }])
  const late = await handIn(ledger, by, [event(1), back(2, 'bill 1')])
  expect([codes(late), late.missing]).toEqual([[false, false], []])
  expect(await points(ledger)).toBe(10)
})

test('a clerk hands in returns, and no activities', async () => {
  await using ledger = await openLedger()
  const by = await registered(ledger)
  const as = clerk('store-1')
  expect(codes(await handIn(ledger, by, [event(1), back(2, 'bill 1')], { as }))).toEqual([false, false])
  await expect(handIn(ledger, by, [event(3), signIn(4)], { as })).rejects.toThrow()
  expect(await points(ledger)).toBe(0)
})

test('ten of the same batch at once are recorded once', async () => {
  await using ledger = await openLedger()
  const by = await registered(ledger)
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => handIn(ledger, by, [event(1), event(2)])),
  )
  expect(answers.flatMap(codes).filter((one) => one === false)).toHaveLength(2)
  expect(answers.flatMap(codes).filter((one) => one === true)).toHaveLength(18)
  expect(await points(ledger)).toBe(20)
  expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
})

test('batches may come in any order; what is missing is told until it has come', async () => {
  await using ledger = await openLedger()
  const by = await registered(ledger)
  expect((await handIn(ledger, by, [event(7), event(4)])).missing).toEqual([
    { from: 1, to: 3 },
    { from: 5, to: 6 },
  ])
  expect((await handIn(ledger, by, [event(2), event(3), event(6)])).missing).toEqual([
    { from: 1, to: 1 },
    { from: 5, to: 5 },
  ])
  expect((await handIn(ledger, by, [event(5), event(1)])).missing).toEqual([])
  expect(await points(ledger)).toBe(70)
})

test('a crash between the number and the purchase: the number is told as missing until the terminal sends it again', async () => {
  await using ledger = await openLedger()
  const by = await registered(ledger)
  await ledger.sql(`create function ledger.crash() returns trigger language plpgsql as $$
    begin raise exception 'the server died'; end $$`)
  await ledger.sql(
    `create trigger crash before insert on ledger.entry for each row execute function ledger.crash()`,
  )
  await expect(handIn(ledger, by, [event(1)])).rejects.toThrow()
  await ledger.sql('drop trigger crash on ledger.entry')
  expect((await handIn(ledger, by, [event(2)])).missing).toEqual([{ from: 1, to: 1 }])
  expect(codes(await handIn(ledger, by, [event(1, '12.00')]))).toEqual(['SEQUENCE_REUSED'])
  const again = await handIn(ledger, by, [event(1)])
  expect([codes(again), again.missing]).toEqual([[false], []])
  expect(await points(ledger)).toBe(20)
})

test('a number that was used for something else is refused, and the rest is recorded', async () => {
  await using ledger = await openLedger()
  const by = await registered(ledger)
  await handIn(ledger, by, [event(1)])
  const answer = await handIn(ledger, by, [event(1, '11.00'), event(2), event(3, '-1.00')])
  expect(codes(answer)).toEqual(['SEQUENCE_REUSED', false, 'AMOUNT_NOT_VALID'])
  expect(answer.missing).toEqual([])
  expect(await points(ledger)).toBe(20)
})

// biome-ignore format: aligned rows
test.each([
  ['no JSON',             '{',                                                           /not JSON/],
  ['an unknown kind',     JSON.stringify({ events: [{ ...event(1), kind: 'redemption' }] }), /^events\.0\.kind: /],
  ['a return of nothing', JSON.stringify({ events: [{ ...back(1, ''), purchase: {} }] }), /^events\.0\.purchase\.document: /],
  ['no events',           '{"events":[]}',                                               /^events: /],
  ['an unknown field',    JSON.stringify({ events: [{ ...event(1), more: 1 }] }),        /^events\.0: /],
  ['a number below 1',    JSON.stringify({ events: [event(0)] }),                        /^events\.0\./],
  ['a number twice',      JSON.stringify({ events: [event(1), event(1, '12.00')] }),     /twice/],
  ['a time that is none', JSON.stringify({ events: [event(1, '1', { occurredAt: 'today' })] }), /^events\.0\.occurredAt: /],
])('a batch with %s is refused as a whole, with the place', async (_, payload, fault) => {
  await using ledger = await openLedger()
  const by = await registered(ledger)
  const input = { deviceId: 'pos-1', payload, signature: by(payload) }
  const { recordOfflineBatch } = await ledger.ask<{ recordOfflineBatch: BatchAnswer }>(admin, BATCH, { input })
  expect(recordOfflineBatch.refusal!.code).toBe('BATCH_NOT_VALID')
  expect(recordOfflineBatch.refusal!.details[0]!.value).toMatch(fault)
})

test('a terminal that is unknown, revoked, or has a new key', async () => {
  await using ledger = await openLedger()
  expect((await handIn(ledger, () => 'x', [event(1)])).refusal!.code).toBe('TERMINAL_NOT_KNOWN')
  const by = await registered(ledger)
  await ledger.ask(admin, 'mutation { revokeTerminal(deviceId: "pos-1") { terminal { revokedAt } } }')
  expect((await handIn(ledger, by, [event(1)])).refusal!.code).toBe('TERMINAL_NOT_KNOWN')
  ledger.clock.advanceTo(Date.parse('2026-01-11T04:00:00Z') as never)
  const anew = await registered(ledger)
  expect((await handIn(ledger, by, [event(1)])).refusal!.code).toBe('SIGNATURE_NOT_VALID')
  expect(codes(await handIn(ledger, anew, [event(1)]))).toEqual([false])
})

test('who may: an admin registers, a clerk hands in for its own store, an operator does neither', async () => {
  await using ledger = await openLedger()
  const by = await registered(ledger)
  expect(codes(await handIn(ledger, by, [event(1)], { as: clerk('store-1') }))).toEqual([false])
  await expect(handIn(ledger, by, [event(2)], { as: clerk('store-2') })).rejects.toThrow()
  await expect(handIn(ledger, by, [event(2)], { as: operator })).rejects.toThrow()
  const input = { deviceId: 'pos-9', store: 's', channel: 'store' }
  expect((await ledger.tryAsk(clerk(), REGISTER, { input })).errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  const weak = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey
  await expect(
    ledger.ask(admin, REGISTER, {
      input: { ...input, publicKey: weak.export({ type: 'spki', format: 'pem' }).toString() },
    }),
  ).rejects.toThrow('P-256')
})
