import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { instant, localDate } from '../../../kernel/values/instant.ts'
import { AccountBook, newAccount, type Standing } from '../../../subgraphs/ledger/domain/account-book.ts'
import { type PostingCommand, post } from '../../../subgraphs/ledger/domain/posting.ts'
import type { Program } from '../../../subgraphs/ledger/domain/program.ts'
import { programWith, withPointsValidity } from '../program-of.ts'
import { compiled } from '../rating.ts'

const autoBrandSource = readFileSync('programs/auto-brand.yaml', 'utf8')
const autoBrand = compiled(autoBrandSource)
const MEMBER = '00000000-0000-8000-8000-000000000001'
const noon = (day: string) => instant(`${day}T04:00:00Z`)

/** One member's life in a programme, told day by day. */
function life(program: Program, standing?: Standing) {
  const book = new AccountBook(program, { ...newAccount(MEMBER, program), ...(standing ? { standing } : {}) })
  let documents = 0
  const tell = (on: string, command: Partial<PostingCommand>) => {
    documents += 1
    const whole = {
      memberId: MEMBER,
      documentId: `document ${documents}`,
      channel: 'dealer',
      number: String(documents),
      operator: 'test',
      effectiveAt: noon(on),
      body: Buffer.alloc(16),
      ...command,
    } as PostingCommand
    return post(program, book, whole, [], noon(on))
  }
  return Object.assign(book, {
    buy: (on: string, amount: string, category = 'parts') =>
      tell(on, { kind: 'purchase', lines: [{ amount, category }] }),
    act: (on: string, code: string, quantity = 1) => tell(on, { kind: 'activity', code, quantity }),
    gift: (on: string, points: bigint) => tell(on, { kind: 'grant', points, reason: 'test' }),
    redeem: (on: string, reward: string) => tell(on, { kind: 'redemption', wish: { reward }, bill: '0' }),
    decide: (on: string, tier: string, approved: boolean) =>
      tell(on, { kind: 'tier-decision', tier, approved, reason: 'test' }),
    until: (on: string) => book.catchUp(noon(on)),
    story: () =>
      book.tierChanges.map(({ from, to, reason, at }) =>
        [localDate(at, program.timeZone), `${from} > ${to}`, reason].join(' '),
      ),
  })
}

describe('a car maker: advanced at 3,000 yuan at once or 5,000 yuan a year, VIP at 5,000 points', () => {
  test('one purchase of 3,000 yuan is enough, one fen less is not', () => {
    const member = life(autoBrand)
    member.buy('2026-03-01', '2999.99')
    expect(member.tier).toBe('ordinary')
    member.buy('2026-03-02', '3000.00')
    expect([member.tier, member.tierUntil]).toEqual(['advanced', '2028-03-02'])
  })

  test('5,000 yuan of a calendar year are, and those of two years are not', () => {
    const member = life(autoBrand)
    for (const on of ['2026-10-01', '2026-11-01', '2027-01-02', '2027-02-02']) member.buy(on, '2000.00')
    expect(member.tier).toBe('ordinary')
    member.buy('2027-12-31', '1000.00')
    expect(member.story()).toEqual(['2027-12-31 ordinary > advanced reached'])
  })

  test('advanced is kept by 3,000 yuan in its 24 months, and lost without', () => {
    const member = life(autoBrand)
    member.buy('2026-03-02', '3000.00')
    member.until('2028-03-02')
    expect(member.tier).toBe('advanced')
    member.until('2028-03-03')
    expect(member.story()).toEqual([
      '2026-03-02 ordinary > advanced reached',
      '2028-03-03 advanced > ordinary review',
    ])
    const faithful = life(autoBrand)
    faithful.buy('2026-03-02', '3000.00')
    faithful.buy('2027-05-01', '1500.00')
    faithful.buy('2028-03-01', '1500.00')
    faithful.until('2028-03-03')
    expect([faithful.tier, faithful.tierUntil]).toEqual(['advanced', '2030-03-02'])
  })

  test('VIP waits for approval; it is asked for once, whatever is bought meanwhile', () => {
    const member = life(autoBrand)
    member.gift('2026-03-01', 5_000n)
    member.buy('2026-03-02', '100.00')
    expect(member.tier).toBe('ordinary')
    expect(member.tierRequests.map(({ tier, documentId }) => [tier, documentId])).toEqual([
      ['vip', 'document 1'],
    ])
    const decided = member.decide('2026-03-05', 'vip', true)
    expect(decided).toMatchObject({
      ok: true,
      value: { subject: 'vip', tierBefore: 'ordinary', tierAfter: 'vip' },
    })
    expect(member.story()).toEqual(['2026-03-05 ordinary > vip approved'])
    expect(member.tierUntil).toBe('2028-03-05')
    expect(member.decide('2026-03-05', 'vip', true)).toMatchObject({
      refusal: { code: 'TIER_NOT_REQUESTED' },
    })
  })

  test('who is refused does not ask again before the tier changes', () => {
    const member = life(autoBrand)
    member.gift('2026-03-01', 5_000n)
    member.decide('2026-03-05', 'vip', false)
    member.gift('2026-03-06', 5_000n)
    expect([member.tier, member.tierRequests.length]).toEqual(['ordinary', 1])
    member.buy('2026-03-07', '3000.00')
    member.buy('2026-03-08', '10.00')
    expect(member.tierRequests.map(({ tier }) => tier)).toEqual(['vip', 'vip'])
    expect(member.decide('2026-03-09', 'gold', true)).toMatchObject({ refusal: { code: 'TIER_NOT_KNOWN' } })
  })

  test('both at once: advanced is reached, VIP is asked for', () => {
    const member = life(autoBrand)
    member.gift('2026-03-01', 4_999n)
    member.buy('2026-03-02', '3000.00')
    expect(member.story()).toEqual(['2026-03-02 ordinary > advanced reached'])
    expect(member.tierRequests.map(({ tier }) => tier)).toEqual(['vip'])
    expect(member.requested('vip')).toBe(true)
  })

  test('handing over the car leads to advanced, 2,000 points buy it, and neither leads down', () => {
    const buyer = life(autoBrand)
    buyer.act('2026-03-01', 'vehicle-handover')
    buyer.act('2026-03-02', 'vehicle-handover')
    expect(buyer.story()).toEqual(['2026-03-01 ordinary > advanced direct'])
    const saver = life(autoBrand)
    saver.gift('2026-03-01', 2_500n)
    saver.redeem('2026-03-02', 'rise-to-advanced')
    expect(saver.story()).toEqual(['2026-03-02 ordinary > advanced bought'])
    expect([saver.available('points'), saver.tierUntil]).toEqual([500n, '2028-03-02'])
    expect(saver.redeem('2026-03-03', 'rise-to-advanced')).toMatchObject({
      refusal: { code: 'TIER_NOT_HIGHER' },
    })
  })
})

test('a tier that a review took is won again by what counts, not by points that only come back', () => {
  const program = programWith([
    'growth: 3000\n    validMonths: 12',
    `reach: { any: [{ spend: "250.00", in: calendar-year }] }
    keep: { any: [{ visits: 1, in: since-upgrade }] }
    validMonths: 2`,
  ])
  const member = life(program)
  member.buy('2026-01-10', '250.00')
  member.until('2026-03-11')
  expect(member.story()).toEqual([
    '2026-01-10 ordinary > advanced reached',
    '2026-03-11 advanced > ordinary review',
  ])
  const at = noon('2026-03-12')
  member.hold('h', 4n, noon('2026-12-31'), { at, documentId: 'h' })
  member.release('h', 'release', { at, documentId: 'r' })
  member.give('receive', [{ asset: 'points', lots: [{ ...member.lotOf('points', at), amount: 1n }] }], {
    at,
    documentId: 't',
  })
  expect(member.tier).toBe('ordinary')
  member.buy('2026-03-13', '0.01')
  expect(member.tier).toBe('advanced')
})

describe('growth', () => {
  const club = (onPromotion: string) =>
    programWith(['downgrade: to-fit', `downgrade: to-fit\nonPromotion: ${onPromotion}`])
  const rise = (program: Program) => {
    const member = life(program)
    member.buy('2026-01-10', '3000.00')
    member.buy('2026-02-10', '2000.00')
    return member
  }

  test('goes on after a promotion', () => {
    const member = rise(club('keep'))
    expect([member.tier, member.available('growth')]).toEqual(['vip', 5_000n])
  })

  test('begins anew after a promotion, and its lots run out at once', () => {
    const member = rise(club('reset'))
    expect([member.tier, member.available('growth')]).toEqual(['advanced', 2_000n])
    expect(
      member.entries.map(({ kind, moves }) => [kind, moves.map(({ asset, amount }) => [asset, amount])]),
    ).toEqual([
      [
        'earn',
        [
          ['points', 3_000n],
          ['growth', 3_000n],
        ],
      ],
      ['expire', [['growth', 3_000n]]],
      [
        'earn',
        [
          ['points', 2_000n],
          ['growth', 2_000n],
        ],
      ],
    ])
  })
})

describe('who was registered beforehand', () => {
  const program = compiled(autoBrandSource)

  test('earns at once; the clock of its points starts with the activation', () => {
    const member = life(program, { tags: [], activatedOn: 'awaited' })
    member.buy('2026-01-15', '1000.00')
    member.buy('2026-02-15', '500.00')
    expect(member.wallet('points').lots).toEqual([
      { expiresOn: 'infinity', lotClass: '~inactive', remaining: 15n },
    ])
    member.until('2029-01-01')
    expect(member.available('points')).toBe(15n)
    member.activate(noon('2029-01-02'))
    expect(member.wallet('points').lots).toEqual([{ expiresOn: '2031-01-31', lotClass: '', remaining: 15n }])
    expect(member.entries.at(-1)).toMatchObject({ kind: 'relot', moves: [{ amount: 15n, after: 15n }] })
    member.buy('2029-02-15', '100.00')
    expect(member.wallet('points').lots.map(({ expiresOn }) => expiresOn)).toEqual([
      '2031-01-31',
      '2031-02-28',
    ])
  })

  test('what happened before the activation and comes late runs from the activation', () => {
    const member = life(program, { tags: [], activatedOn: '2026-06-10' as never })
    member.buy('2026-01-15', '1000.00')
    expect(member.wallet('points').lots[0]!.expiresOn).toBe('2028-06-30')
    member.activate(noon('2026-07-01'))
    expect(member.entries).toHaveLength(1)
  })

  test('what was held meanwhile comes back with the clock started', () => {
    const member = life(program, { tags: [], activatedOn: 'awaited' })
    member.buy('2026-01-15', '1000.00')
    member.hold('h', 4n, noon('2026-12-31'), { at: noon('2026-01-16'), documentId: 'h' })
    member.activate(noon('2026-06-10'))
    member.release('h', 'release', { at: noon('2026-06-11'), documentId: 'r' })
    expect(member.wallet('points').lots).toEqual([{ expiresOn: '2028-06-30', lotClass: '', remaining: 10n }])
  })

  test('and of others validity runs from earning', () => {
    const member = life(program)
    member.buy('2026-01-15', '1000.00')
    expect(member.wallet('points').lots[0]!.expiresOn).toBe('2028-01-31')
  })
})

test('a fixed period clears all at its end', () => {
  const member = life(programWith(withPointsValidity('{ kind: period, endsOn: "2026-06-30" }')))
  member.buy('2026-01-15', '100.00')
  member.buy('2026-06-30', '50.00')
  member.until('2026-06-30')
  expect(member.available('points')).toBe(150n)
  member.until('2026-07-01')
  expect(member.available('points')).toBe(0n)
})

test('tags of the member decide in conditions', () => {
  const program = programWith(['member.tier == "vip"', `'"value/gold" in member.tags'`])
  const tagged = life(program, { tags: ['value/gold'] })
  tagged.buy('2026-01-15', '100.00')
  const plain = life(program)
  plain.buy('2026-01-15', '100.00')
  expect([tagged.available('points'), plain.available('points')]).toEqual([200n, 100n])
})
