import { describe, expect, test } from 'vitest'
import { clerk, member, operator } from '../../helpers/graph.ts'
import { money, movedOf, moveMoney, shipped } from '../money.ts'
import { memberId, openLedger } from '../open-ledger.ts'
import { accountField, setClock } from '../requests.ts'

const openTravel = () => openLedger({ program: shipped('travel-agency') })
const openTelecom = () => openLedger({ program: shipped('telecom-thanks') })

describe('the travel agency', () => {
  // biome-ignore format: aligned rows
  test.each([
    ['100000.00',  '5000.00',   '105000.00' ],
    ['500000.00',  '50000.00',  '550000.00' ],
    ['1000000.00', '120000.00', '1120000.00'],
    ['99999.99',   '0.00',      '99999.99'  ],
  ])('%s yuan bring %s on top', async (amount, bonus, available) => {
    await using ledger = await openTravel()
    const answer = await moveMoney(ledger, 'topUp', 'Li', { amount, idempotencyKey: 'k' })
    expect(movedOf(answer)).toEqual([amount, bonus, '0.00', '0.00', '0.00'])
    expect(answer.account!.storedValue.available.amount).toBe(available)
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })

  test('spends principal first, pays unspent principal back, and withholds bonus that is spent', async () => {
    await using ledger = await openTravel()
    await moveMoney(ledger, 'topUp', 'Li', { amount: '100000', idempotencyKey: '1' })
    const spent = await moveMoney(ledger, 'spendStoredValue', 'Li', {
      amount: '60000.00',
      idempotencyKey: '2',
    })
    expect(movedOf(spent)).toEqual(['-60000.00', '0.00', '0.00', '0.00', '0.00'])
    const back = await moveMoney(ledger, 'withdrawStoredValue', 'Li', {
      amount: '20000',
      idempotencyKey: '3',
    })
    // A fifth of the principal brought a fifth of the bonus.
    expect(movedOf(back)).toEqual(['-20000.00', '-1000.00', '0.00', '20000.00', '0.00'])
    expect(await money(ledger, 'Li')).toEqual(['20000.00', '4000.00', '0.00'])
    await moveMoney(ledger, 'spendStoredValue', 'Li', { amount: '24000', idempotencyKey: '4' })
    const more = await moveMoney(ledger, 'spendStoredValue', 'Li', { amount: '0.01', idempotencyKey: '5' })
    expect(more.refusal).toMatchObject({ code: 'INSUFFICIENT_STORED_VALUE', path: ['amount'] })
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })

  test('who spends the bonus first gets the rest of the principal less that bonus', async () => {
    await using ledger = await openLedger({
      program: shipped('travel-agency', ['spend: principal-first', 'spend: bonus-first']),
    })
    await moveMoney(ledger, 'topUp', 'Li', { amount: '100000', idempotencyKey: '1' })
    await moveMoney(ledger, 'spendStoredValue', 'Li', { amount: '5000', idempotencyKey: '2' })
    const back = await moveMoney(ledger, 'withdrawStoredValue', 'Li', {
      amount: '100000',
      idempotencyKey: '3',
    })
    expect(movedOf(back)).toEqual(['-100000.00', '0.00', '0.00', '95000.00', '5000.00'])
    // The same again: the same answer, read from the books.
    const again = await moveMoney(ledger, 'withdrawStoredValue', 'Li', {
      amount: '100000.00',
      idempotencyKey: '3',
    })
    expect([again.duplicate, movedOf(again)]).toEqual([true, movedOf(back)])
    expect(await money(ledger, 'Li')).toEqual(['0.00', '0.00', '0.00'])
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })

  test('bonus runs out after two years, principal never', async () => {
    await using ledger = await openTravel()
    await moveMoney(ledger, 'topUp', 'Li', { amount: '100000', idempotencyKey: '1' })
    setClock(ledger, '2028-01-10T15:59:00Z')
    expect(await money(ledger, 'Li')).toEqual(['100000.00', '5000.00', '0.00'])
    setClock(ledger, '2028-01-10T16:00:00Z')
    expect(await money(ledger, 'Li')).toEqual(['100000.00', '0.00', '0.00'])
    await ledger.runJob('settle-due')
    expect(await money(ledger, 'Li')).toEqual(['100000.00', '0.00', '0.00'])
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })
})

describe('thanks of a telecom operator', () => {
  test('200 yuan come as 20 a month for ten months, each early on its day', async () => {
    await using ledger = await openTelecom()
    const begun = await moveMoney(ledger, 'topUp', 'Wang', { plan: 'thanks-200', idempotencyKey: '1' })
    expect(movedOf(begun)).toEqual(['0.00', '0.00', '200.00', '0.00', '0.00'])
    expect(begun.movement!.plan).toBe('thanks-200')
    const { storedValue } = await accountField<{
      storedValue: { instalments: { releaseOn: string; amount: { amount: string }; part: string }[] }
    }>(ledger, 'Wang', 'storedValue { instalments { releaseOn amount { amount } part } }')
    expect(storedValue.instalments).toHaveLength(10)
    expect(storedValue.instalments[9]).toEqual({
      releaseOn: '2026-11-10',
      amount: { amount: '20.00' },
      part: 'BONUS',
    })
    for (let month = 1; month <= 10; month++) {
      const on = new Date(Date.UTC(2026, month, 9, 16)).toISOString() // Midnight in Shanghai.
      setClock(ledger, on)
      await ledger.runJob('settle-due')
      expect(await money(ledger, 'Wang')).toEqual(['0.00', `${20 * month}.00`, `${200 - 20 * month}.00`])
    }
    // As it stood in March, the moment before the third part and at it.
    for (const [at, there, toCome] of [
      ['2026-04-09T15:59:59Z', '40.00', '160.00'],
      ['2026-04-09T16:00:00Z', '60.00', '140.00'],
    ]) {
      const { storedValueAt } = await accountField<{ storedValueAt: object }>(
        ledger,
        'Wang',
        `storedValueAt(time: "${at}") { principal { amount } bonus { amount } available { amount } pending { amount } }`,
      )
      expect(storedValueAt).toEqual({
        ...{ principal: { amount: '0.00' }, bonus: { amount: there } },
        ...{ available: { amount: there }, pending: { amount: toCome } },
      })
    }
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })

  test('an instalment can be spent on its day though no job has come by, and not the evening before', async () => {
    await using ledger = await openTelecom()
    await moveMoney(ledger, 'topUp', 'Wang', { plan: 'thanks-200', idempotencyKey: '1' })
    setClock(ledger, '2026-02-09T15:59:59Z')
    const early = await moveMoney(ledger, 'spendStoredValue', 'Wang', { amount: '20', idempotencyKey: '2' })
    expect(movedOf(early)).toBe('INSUFFICIENT_STORED_VALUE')
    setClock(ledger, '2026-02-09T16:00:00Z')
    const onDay = await moveMoney(ledger, 'spendStoredValue', 'Wang', { amount: '20', idempotencyKey: '3' })
    expect(movedOf(onDay)).toEqual(['0.00', '-20.00', '0.00', '0.00', '0.00'])
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })

  test('what was paid in and is still to come is paid back when the plan stops, once', async () => {
    await using ledger = await openTelecom()
    const begun = await moveMoney(ledger, 'topUp', 'Wang', { plan: 'prepaid-200', idempotencyKey: '1' })
    expect(movedOf(begun)).toEqual(['20.00', '0.00', '180.00', '0.00', '0.00'])
    setClock(ledger, '2026-03-20T04:00:00Z')
    const topUpId = begun.movement!.id
    const stopped = await moveMoney(ledger, 'stopInstalments', 'Wang', { topUpId, idempotencyKey: '2' })
    expect(movedOf(stopped)).toEqual(['0.00', '0.00', '-140.00', '140.00', '0.00'])
    const again = await moveMoney(ledger, 'stopInstalments', 'Wang', { topUpId, idempotencyKey: '3' })
    expect([again.duplicate, movedOf(again)]).toEqual([true, movedOf(stopped)])
    expect(await money(ledger, 'Wang')).toEqual(['60.00', '0.00', '0.00'])
    const none = await moveMoney(ledger, 'stopInstalments', 'Wang', { topUpId: 'x', idempotencyKey: '4' })
    expect(movedOf(none)).toBe('NOTHING_PENDING')
    expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
  })
})

test('the statement of prepaid money tells each movement with what it left, page by page', async () => {
  await using ledger = await openTravel()
  await moveMoney(ledger, 'topUp', 'Li', { amount: '100000', document: 'receipt 1', idempotencyKey: '1' })
  await moveMoney(ledger, 'spendStoredValue', 'Li', {
    amount: '101000',
    document: 'journey',
    idempotencyKey: '2',
  })
  const page = async (after?: string) => {
    const { storedValue } = await accountField<{
      storedValue: {
        entries: {
          edges: {
            node: Record<'kind', string> & Record<'principal' | 'bonus', { amount: string }>
            cursor: string
          }[]
          pageInfo: { hasNextPage: boolean }
        }
      }
    }>(
      ledger,
      'Li',
      `storedValue { entries(first: 2${after ? `, after: "${after}"` : ''}) {
        edges { cursor node { kind principal { amount } bonus { amount } after { principal { amount } bonus { amount } }
          document { number } } }
        pageInfo { hasNextPage }
      } }`,
    )
    return storedValue.entries
  }
  const first = await page()
  expect(first.edges.map(({ node }) => node)).toEqual([
    {
      kind: 'REDEEM',
      principal: { amount: '-100000.00' },
      bonus: { amount: '-1000.00' },
      after: { principal: { amount: '0.00' }, bonus: { amount: '4000.00' } },
      document: { number: 'journey' },
    },
    {
      kind: 'EARN',
      principal: { amount: '0.00' },
      bonus: { amount: '5000.00' },
      after: { principal: null, bonus: { amount: '5000.00' } },
      document: { number: 'receipt 1' },
    },
  ])
  expect(first.pageInfo.hasNextPage).toBe(true)
  const second = await page(first.edges[1]!.cursor)
  expect(second.edges.map(({ node }) => node.kind)).toEqual(['TOP_UP'])
  expect(second.pageInfo.hasNextPage).toBe(false)
})

test('a repetition changes nothing, a key for something else is refused', async () => {
  await using ledger = await openTravel()
  const first = await moveMoney(ledger, 'topUp', 'Li', { amount: '1000', idempotencyKey: 'k' })
  const again = await moveMoney(ledger, 'topUp', 'Li', { amount: '1000.00', idempotencyKey: 'k' })
  expect(again).toEqual({ ...first, duplicate: true })
  const other = await moveMoney(ledger, 'topUp', 'Li', { amount: '2000', idempotencyKey: 'k' })
  expect(movedOf(other)).toBe('IDEMPOTENCY_KEY_REUSED')
  expect(await money(ledger, 'Li')).toEqual(['1000.00', '0.00', '0.00'])
})

test('twenty payments of ten yuan at once out of a hundred: ten succeed', async () => {
  await using ledger = await openLedger({
    program: shipped('travel-agency', ['minimum: "1000.00"', 'minimum: "1.00"']),
  })
  await moveMoney(ledger, 'topUp', 'Li', { amount: '100', idempotencyKey: 'top-up' })
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      moveMoney(ledger, 'spendStoredValue', 'Li', { amount: '10', idempotencyKey: `spend ${index}` }),
    ),
  )
  expect(answers.filter(({ movement }) => movement)).toHaveLength(10)
  expect(answers.flatMap(({ refusal }) => refusal?.code ?? [])).toEqual(
    Array.from({ length: 10 }, () => 'INSUFFICIENT_STORED_VALUE'),
  )
  expect(await money(ledger, 'Li')).toEqual(['0.00', '0.00', '0.00'])
  expect(await ledger.check()).toMatchObject({ clean: true, violations: [] })
})

test('a member pays with its own money only, a clerk gives no gifts, an operator takes none in', async () => {
  await using ledger = await openTelecom()
  const li = member(memberId('Li'))
  await moveMoney(ledger, 'topUp', 'Li', { amount: '50', idempotencyKey: '1' }, clerk())
  const paid = await moveMoney(ledger, 'spendStoredValue', 'Li', { amount: '1', idempotencyKey: '2' }, li)
  expect(paid.movement?.kind).toBe('SPEND')
  await expect(
    moveMoney(ledger, 'spendStoredValue', 'Wang', { amount: '1', idempotencyKey: '3' }, li),
  ).rejects.toThrow('A member acts only on itself.')
  await expect(
    moveMoney(ledger, 'topUp', 'Li', { plan: 'thanks-200', idempotencyKey: '4' }, clerk()),
  ).rejects.toThrow('A plan that is a gift needs the right to grant points.')
  await expect(
    moveMoney(ledger, 'topUp', 'Li', { amount: '50', idempotencyKey: '5' }, operator),
  ).rejects.toThrow()
  await expect(
    moveMoney(ledger, 'withdrawStoredValue', 'Li', { amount: '1', idempotencyKey: '6' }, clerk()),
  ).rejects.toThrow()
})
