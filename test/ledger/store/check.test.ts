import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memberId, openLedger } from '../open-ledger.ts'
import { brokenPromises, grant, type OpenLedger, purchase, record, redeem, setClock } from '../requests.ts'

/** Li: tiers up twice and down, spending, expiry. Wang: one purchase. Zhao: a grant. */
async function liveSomeHistory(): Promise<OpenLedger> {
  const ledger = await openLedger()
  await ledger.buy('li', '3000', '2026-01-01')
  await ledger.buy('li', '2000', '2026-01-02')
  await ledger.buy('li', '50', '2026-01-03')
  await ledger.buy('wang', '10', '2026-01-03')
  await grant(ledger, 'zhao', 10, { idempotencyKey: 'k-1' })
  await redeem(ledger, 'li', 500, { idempotencyKey: 'k-2' })
  setClock(ledger, '2027-01-03T00:00:00Z')
  await ledger.runJob('settle-due')
  return ledger
}

describe('whoever owns the database and tampers is found out:', () => {
  let ledger: OpenLedger
  beforeAll(async () => {
    ledger = await liveSomeHistory()
    for (const table of ['entry', 'origin', 'tier_change']) {
      await ledger.sql(`alter table ledger.${table} disable trigger all`)
    }
  })
  afterAll(() => ledger[Symbol.asyncDispose]())

  /** What the check finds while a change is in force; it is undone afterwards. */
  async function foundBy(tamper: string): Promise<string[]> {
    const tables = ['entry', 'tier_change', 'account', 'origin']
    for (const table of tables) await ledger.sql(`create table ledger.kept_${table} as table ledger.${table}`)
    try {
      await ledger.sql(tamper)
      return await brokenPromises(ledger)
    } finally {
      for (const table of tables) {
        await ledger.sql(`delete from ledger.${table}`)
        await ledger.sql(`insert into ledger.${table} overriding system value table ledger.kept_${table}`)
        await ledger.sql(`drop table ledger.kept_${table}`)
      }
    }
  }

  const li = `member_id = '${memberId('li')}'`
  const wang = `member_id = '${memberId('wang')}'`
  const entry = (seq: number) => `${li} and seq = ${seq}`

  test('untouched books are clean', async () => {
    expect(await brokenPromises(ledger)).toEqual([])
    expect(await foundBy('select 1')).toEqual([])
    const history = await ledger.sql(
      `select kind::text, points::text, growth::text from ledger.entry where ${li} order by seq`,
    )
    expect(history).toEqual([
      { kind: 'earn', points: '3000', growth: '3000' },
      { kind: 'earn', points: '2000', growth: '2000' },
      { kind: 'earn', points: '100', growth: '50' },
      { kind: 'redeem', points: '500', growth: null },
      { kind: 'expire', points: '2500', growth: '3000' },
      { kind: 'expire', points: '2000', growth: '2000' },
    ])
  })

  test.each<[string, string, string[]]>([
    [
      'an amount edited',
      `update ledger.entry set points = 3100 where ${entry(1)}`,
      ['account sums', 'document awards', 'entry chain', 'trial balance'],
    ],
    [
      'an amount edited with all balances after it',
      `update ledger.entry set points = points + case when seq = 1 then 7 else 0 end, points_after = points_after + 7
       where ${li}`,
      ['account sums', 'document awards', 'entry chain', 'trial balance'],
    ],
    [
      'growth edited',
      `update ledger.entry set growth = growth + 1 where ${entry(3)}`,
      ['account sums', 'document awards', 'entry chain', 'trial balance'],
    ],
    [
      'an entry in the middle deleted',
      `delete from ledger.entry where ${entry(2)}`,
      ['account sums', 'entry chain', 'lots of journal', 'trial balance'],
    ],
    [
      'the last entry deleted',
      `delete from ledger.entry where ${entry(6)}`,
      ['account head', 'account sums', 'lots of journal', 'trial balance'],
    ],
    [
      'the last entry deleted, and the account put back with it',
      `delete from ledger.entry where ${entry(6)};
       update ledger.account set seq = 5, points_available = points_available + 2000, points_expired = points_expired - 2000,
         points_left = '{2000}' || points_left, points_until = '{2027-01-01}' || points_until,
         growth_available = growth_available + 2000, growth_expired = growth_expired - 2000,
         growth_left = '{2000}' || growth_left, growth_until = '{2027-01-01}' || growth_until,
         head = (select hash from ledger.entry where ${entry(5)}) where ${li}`,
      ['lots of journal'],
    ],
    [
      'all entries of a member deleted',
      `delete from ledger.entry where ${wang}`,
      ['account head', 'account sums', 'lots of journal', 'trial balance'],
    ],
    [
      'two entries swapped',
      `update ledger.entry set seq = seq + 100 where ${li} and seq in (1, 2);
       update ledger.entry set seq = 103 - seq where ${li} and seq > 100`,
      ['entry chain'],
    ],
    [
      'an entry back-dated',
      `update ledger.entry set effective_at = effective_at - interval '1 day' where ${entry(3)}`,
      ['entry chain'],
    ],
    [
      'an entry back-dated by a hundredth of a millisecond',
      `update ledger.entry set effective_at = effective_at - interval '10 microseconds' where ${entry(3)}`,
      ['entry chain'],
    ],
    [
      'the moment of recording edited',
      `update ledger.entry set recorded_at = recorded_at - interval '1 day' where ${entry(3)}`,
      ['entry chain'],
    ],
    [
      'an entry given to other lots',
      `update ledger.entry set lots = 'p2030-01-01+3000;g2027-01-01+3000' where ${entry(1)}`,
      ['entry chain', 'lots of journal'],
    ],
    [
      'an entry turned round',
      `update ledger.entry set kind = 'refund' where ${entry(4)}`,
      ['account sums', 'entry chain', 'trial balance'],
    ],
    [
      'an entry said to be another kind',
      `update ledger.entry set kind = 'expire' where ${entry(4)}`,
      ['account sums', 'entry chain'],
    ],
    [
      'an entry referred to another document',
      `update ledger.entry set document_id = (select document_id from ledger.entry where ${wang}) where ${entry(5)}`,
      ['entry chain', 'entry without document'],
    ],
    [
      'an entry given to another member',
      `update ledger.entry set member_id = '${memberId('zhou')}' where ${entry(6)}`,
      ['account head', 'account sums', 'entry chain', 'lots of journal'],
    ],
    [
      'the bill of a purchase edited',
      `update ledger.entry set amount = amount + 1 where ${entry(1)}`,
      ['entry chain'],
    ],
    [
      'a purchase moved to another store',
      `update ledger.entry set origin_key = (select max(origin_key) from ledger.origin) where ${entry(1)}`,
      ['entry chain'],
    ],
    [
      'a store renamed in the books',
      `update ledger.origin set store = 'south' where origin_key = (select origin_key from ledger.entry where ${entry(1)})`,
      ['entry chain'],
    ],
    ['who recorded it edited', `update ledger.origin set operator = 'staff:nobody'`, ['entry chain']],
    ['an origin lost', `delete from ledger.origin`, ['entry chain']],
    [
      'the number of a bill edited',
      `update ledger.entry set number = 'other' where ${entry(1)}`,
      ['entry chain'],
    ],
    ['the lines of a bill edited', `update ledger.entry set lines = '1' where ${entry(1)}`, ['entry chain']],
    [
      'the version of the rules edited',
      `update ledger.entry set rule_version = 2 where ${entry(1)}`,
      ['entry chain'],
    ],
    [
      'the tier of a purchase edited',
      `update ledger.entry set tier_before = 'vip' where ${entry(1)}`,
      ['entry chain'],
    ],
    [
      'the request of a purchase edited',
      `update ledger.entry set body = 'another' where ${entry(1)}`,
      ['entry chain'],
    ],
    [
      'the awards of a document edited',
      `update ledger.entry set awards = 'spend 0 p9;growth 0 g10' where ${wang}`,
      ['document awards', 'entry chain'],
    ],
    [
      'the document of an entry wiped',
      `update ledger.entry set document_kind = null, rule_version = null, origin_key = null, body = null, number = null,
         amount = null, lines = null, awards = null, counted = null, tier_before = null, tier_after = null
       where ${wang}`,
      ['document awards', 'entry chain', 'entry without document'],
    ],
    [
      'points added to an account',
      `update ledger.account set points_available = points_available + 100, points_earned = points_earned + 100,
         points_left = points_left || 100::bigint, points_until = points_until || date '2027-01-03' where ${li}`,
      ['account sums', 'lots of journal', 'trial balance'],
    ],
    [
      'points of an account made pending',
      `update ledger.account set points_pending = 5, points_earned = points_earned + 5, waiting = 'p~2027-05-01>2028-05-01+5'
       where ${li}`,
      ['account sums', 'lots of journal', 'trial balance'],
    ],
    [
      'stored value from nowhere',
      `update ledger.account set principal_available = 5, principal_held = 0, principal_pending = 0, principal_owed = 0,
         principal_earned = 5, principal_spent = 0, principal_expired = 0, principal_reversed = 0, principal_moved = 0,
         principal_left = '{5}', principal_until = '{infinity}' where ${li}`,
      ['account sums', 'lots of journal', 'trial balance'],
    ],
    [
      'what was spent called expired',
      `update ledger.account set points_spent = points_spent - 1, points_expired = points_expired + 1 where ${li}`,
      ['account sums'],
    ],
    ['an account’s hash lost', `update ledger.account set head = '' where ${li}`, ['account head']],
    ['an account’s number raised', `update ledger.account set seq = seq + 1 where ${li}`, ['account head']],
    [
      'an account deleted',
      `delete from ledger.account where ${wang}`,
      ['account head', 'account sums', 'lots of journal', 'trial balance'],
    ],
    [
      'an account from nowhere',
      `insert into ledger.account (member_id, program_key, tier, opened_at, points_available, points_earned, points_left,
                                   points_until)
       values ('${memberId('zhou')}', 1, 'ordinary', now(), 100, 100, '{100}', '{2028-01-01}')`,
      ['account sums', 'lots of journal', 'trial balance'],
    ],
    [
      'a lot made to last',
      `update ledger.account set points_until = '{2040-01-01}' where ${wang}`,
      ['lots of journal'],
    ],
    [
      'a lot split, half of it to last',
      `update ledger.account set points_until = '{2027-01-03,2040-01-01}', points_left = '{5,5}' where ${wang}`,
      ['lots of journal'],
    ],
    [
      'a lot moved to another class',
      `update ledger.account set points_class = '{gift}' where ${wang}`,
      ['lots of journal'],
    ],
    [
      'the last tier change removed',
      `delete from ledger.tier_change where ${li} and sequence = (select max(sequence) from ledger.tier_change)`,
      ['tier of account'],
    ],
    [
      'the first tier change removed',
      `delete from ledger.tier_change where ${li} and sequence = 1`,
      ['tier chain'],
    ],
    [
      'a tier change in the middle removed',
      `delete from ledger.tier_change where ${li} and sequence = 2`,
      ['tier chain'],
    ],
    [
      'a tier change that leads elsewhere',
      `update ledger.tier_change set to_tier = 'ordinary' where ${li} and sequence = 1`,
      ['tier chain'],
    ],
    [
      'a tier given to who had none',
      `update ledger.account set tier = 'vip' where ${wang}`,
      ['tier of account'],
    ],
  ])('%s', async (_, tamper, expected) => {
    expect(await foundBy(tamper)).toEqual(expected.toSorted())
  })
})

describe('the books cannot be changed', () => {
  const tables = ['entry', 'origin', 'tier_change']
  // biome-ignore format: aligned rows
  const ways = [
    ['update',   (table: string) => `update ledger.${table} set ${table === 'origin' ? 'store = store' : 'member_id = member_id'}`],
    ['delete',   (table: string) => `delete from ledger.${table}`                      ],
    ['truncate', (table: string) => `truncate ledger.${table}`                         ],
  ] as const

  let ledger: OpenLedger
  beforeAll(async () => {
    ledger = await openLedger()
    await ledger.buy('li', '3000', '2026-01-10')
  })
  afterAll(() => ledger[Symbol.asyncDispose]())

  describe.each(tables)('%s', (table) => {
    test.each(ways)('by %s: neither by the application nor by the owner', async (_, way) => {
      await ledger.sql('set role huitong_ledger')
      await expect(ledger.sql(way(table))).rejects.toThrow('permission denied')
      await ledger.sql('reset role')
      await expect(ledger.sql(way(table))).rejects.toThrow('append-only')
    })
  })

  test.each(['account', 'program', 'program_version'])(
    'the application deletes nothing from %s',
    async (table) => {
      await ledger.sql('set role huitong_ledger')
      await expect(ledger.sql(`delete from ledger.${table}`)).rejects.toThrow('permission denied')
      await ledger.sql('reset role')
    },
  )

  test('a published version is not changed by the application', async () => {
    await ledger.sql('set role huitong_ledger')
    await expect(ledger.sql(`update ledger.program_version set source = ''`)).rejects.toThrow(
      'permission denied',
    )
    await ledger.sql('reset role')
  })

  // biome-ignore format: aligned rows
  test.each([
    // what is tried                          change of the account                                                     constraint
    ['points below nothing',                  `points_spent = points_spent - 1, points_earned = points_earned - 1`,     'points_parts_not_negative'],
    ['points that do not add up',             `points_earned = points_earned + 1`,                                      'points_adds_up'],
    ['growth that does not add up',           `growth_spent = growth_spent + 1`,                                        'growth_adds_up'],
    ['points that are owed and there',        `points_owed = 1, points_expired = 1`,                                    'points_owes_or_has'],
    ['more points than their lots',           `points_left = '{2999}'`,                                                 'points_is_its_lots'],
    ['a lot of nothing',                      `points_left = '{3000,0}', points_until = '{2027-01-10,2028-01-10}'`,     'points_lots_have_something'],
    ['a lot without a last day',              `points_left = '{1500,1500}'`,                                            'points_lots_are_whole'],
    ['a lot without its class',               `points_class = '{}'`,                                                    'points_lots_are_whole'],
    ['pending points that nothing waits for', `points_pending = 5, points_earned = points_earned + 5`,                  'points_pending_is_what_waits'],
    ['something that waits and is not there', `waiting = 'g~2027-01-01>2028-01-01+5'`,                                  'growth_pending_is_what_waits'],
    ['half a wallet',                         `principal_available = 0`,                                                'principal_whole_or_absent'],
  ])('%s: refused', async (_, change, constraint) => {
    await expect(ledger.sql(`update ledger.account set ${change}`)).rejects.toThrow(constraint)
  })

  const columns = `member_id, document_id, effective_at, recorded_at, points, points_after, growth, growth_after, amount,
    seq, kind, document_kind, rule_version, origin_key, quantity, program_key, lots, hash, body, number, lines, awards,
    tier_before, tier_after`

  // biome-ignore format: aligned rows
  test.each([
    // what is tried                  the forged row differs in                         constraint
    ['nothing moved',                 { points: '0' },                                  'entry_moves_more_than_nothing'],
    ['a negative amount',             { growth: '-1' },                                 'entry_moves_more_than_nothing'],
    ['no balance after it',           { points_after: 'null' },                         'entry_says_what_is_after'],
    ['no move and no document',       { points: 'null', points_after: 'null', growth: 'null', growth_after: 'null', document_id: 'null', kind: `'expire'`, document_kind: 'null', rule_version: 'null', origin_key: 'null', body: 'null', number: 'null', amount: 'null', lines: 'null', awards: 'null', tier_before: 'null', tier_after: 'null' }, 'entry_moves_something_or_has_document'],
    ['points from nowhere',           { document_id: 'null', document_kind: 'null', rule_version: 'null', origin_key: 'null', body: 'null', number: 'null', amount: 'null', lines: 'null', awards: 'null', tier_before: 'null', tier_after: 'null' }, 'entry_comes_from_a_document'],
    ['half a document',               { number: 'null' },                               'entry_has_a_whole_document'],
    ['what no document said',         { document_kind: 'null' },                        'entry_has_a_whole_document'],
    ['a negative bill',               { amount: '-1' },                                 'entry_amount_not_negative'],
    ['a negative quantity',           { quantity: '0' },                                'entry_quantity_positive'],
    ['a short hash',                  { hash: `'\\x00'` },                            'entry_is_hashed'],
    ['a number below one',            { seq: '0' },                                     'entry_counts_from_one'],
  ])('an entry with %s is refused', async (_, forged: Record<string, string>, constraint) => {
    const values = columns.replaceAll(/\w+/g, (column) => forged[column] ?? (column === 'seq' ? '99' : column))
    await expect(
      ledger.sql(`insert into ledger.entry (${columns}) select ${values} from ledger.entry`),
    ).rejects.toThrow(constraint)
  })

  test('a number of the sequence is used once', async () => {
    await expect(ledger.sql('insert into ledger.entry table ledger.entry')).rejects.toThrow('entry_key')
  })

  test('an id of a document is used once, by whomsoever', async () => {
    const values = columns.replace('member_id', 'gen_random_uuid()')
    await expect(
      ledger.sql(`insert into ledger.entry (${columns}) select ${values} from ledger.entry`),
    ).rejects.toThrow('document_key')
  })
})

test('the hash of SQL and that of the code are one, for every kind of entry and lots of two', async () => {
  await using ledger = await liveSomeHistory()
  await record(ledger, [
    purchase('sun', '10.50'),
    purchase('sun', '20', { occurredAt: '2027-01-02T12:34:56.789Z' }),
  ])
  await redeem(ledger, 'sun', 25, { idempotencyKey: 'k-3' })
  const kinds = await ledger.sql('select distinct kind::text from ledger.entry order by 1')
  expect(kinds).toHaveLength(4)
  await record(ledger, [
    purchase('s|"u\\n', '3.50', {
      document: 'B|1 "x" \\ ; %\n\t,({',
      store: 'a,b(c)"',
      lines: [{ amount: '3.50', quantity: 2, category: 'a b;c%', sku: '鞋,"x"' }],
    }),
  ])
  expect(await brokenPromises(ledger)).toEqual([])
})
