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
    for (const table of ['entry', 'document', 'tier_change']) {
      await ledger.sql(`alter table ledger.${table} disable trigger all`)
    }
  })
  afterAll(() => ledger[Symbol.asyncDispose]())

  /** What the check finds while a change is in force; it is undone afterwards. */
  async function foundBy(tamper: string): Promise<string[]> {
    const tables = ['entry', 'document', 'tier_change', 'account', 'wallet', 'lot']
    for (const table of tables) await ledger.sql(`create table ledger.kept_${table} as table ledger.${table}`)
    try {
      await ledger.sql(tamper)
      return await brokenPromises(ledger)
    } finally {
      for (const table of tables) {
        await ledger.sql(`delete from ledger.${table}`)
        await ledger.sql(`insert into ledger.${table} table ledger.kept_${table}`)
        await ledger.sql(`drop table ledger.kept_${table}`)
      }
    }
  }

  const li = `member_id = '${memberId('li')}'`
  const wang = `member_id = '${memberId('wang')}'`
  const points = `${li} and asset = 'points'`
  const entry = (seq: number) => `${points} and seq = ${seq}`

  test('untouched books are clean', async () => {
    expect(await brokenPromises(ledger)).toEqual([])
    expect(await foundBy('select 1')).toEqual([])
    const history = await ledger.sql(
      `select kind::text, amount::text from ledger.entry where ${points} order by seq`,
    )
    expect(history).toEqual([
      { kind: 'earn', amount: '3000' },
      { kind: 'earn', amount: '2000' },
      { kind: 'earn', amount: '100' },
      { kind: 'redeem', amount: '500' },
      { kind: 'expire', amount: '2500' },
      { kind: 'expire', amount: '2000' },
    ])
  })

  test.each<[string, string, string[]]>([
    [
      'an amount edited',
      `update ledger.entry set amount = 3100 where ${entry(1)}`,
      ['document points', 'entry chain', 'wallet sums'],
    ],
    [
      'an amount edited with all balances after it',
      `update ledger.entry set amount = amount + case when seq = 1 then 7 else 0 end, available_after = available_after + 7
       where ${points}`,
      ['document points', 'entry chain', 'wallet head', 'wallet sums'],
    ],
    [
      'an entry in the middle deleted',
      `delete from ledger.entry where ${entry(2)}`,
      ['document points', 'entry chain', 'lots of journal', 'wallet sums'],
    ],
    [
      'the last entry deleted',
      `delete from ledger.entry where ${entry(6)}`,
      ['lots of journal', 'wallet head', 'wallet sums'],
    ],
    [
      'the last entry deleted, and the wallet put back with it',
      `delete from ledger.entry where ${entry(6)};
       update ledger.wallet set seq = 5, available = available + 2000, expired = expired - 2000,
         head = (select hash from ledger.entry where ${entry(5)}) where ${points}`,
      ['lots of journal', 'lots of wallet'],
    ],
    [
      'all entries of a member deleted',
      `delete from ledger.entry where ${wang}`,
      ['document points', 'lots of journal', 'wallet head'],
    ],
    [
      'two entries swapped',
      `update ledger.entry set seq = seq + 100 where ${points} and seq in (1, 2);
       update ledger.entry set seq = 103 - seq where ${points} and seq > 100`,
      ['entry chain'],
    ],
    [
      'an entry back-dated',
      `update ledger.entry set effective_at = effective_at - interval '1 day' where ${entry(3)}`,
      ['entry chain'],
    ],
    [
      'an entry given to other lots',
      `update ledger.entry set lots = '2030-01-01=+3000' where ${entry(1)}`,
      ['entry chain', 'lots of journal'],
    ],
    [
      'an entry turned round',
      `update ledger.entry set debit = 'issuance', credit = 'member' where ${entry(4)}`,
      ['entry chain'],
    ],
    [
      'an entry said to be another kind',
      `update ledger.entry set kind = 'expire' where ${entry(4)}`,
      ['entry chain', 'lots of journal', 'wallet sums'],
    ],
    [
      'an entry referred to another document',
      `update ledger.entry set document_id = (select id from ledger.document where ${wang}) where ${entry(2)}`,
      ['document points', 'entry chain', 'entry without document'],
    ],
    [
      'an entry given to another member',
      `update ledger.entry set member_id = '${memberId('zhou')}' where ${entry(6)}`,
      ['entry chain', 'entry without wallet', 'lots of journal', 'wallet head', 'wallet sums'],
    ],
    [
      'points added to a wallet',
      `update ledger.wallet set available = available + 100, earned = earned + 100 where ${points}`,
      ['lots of wallet', 'wallet head', 'wallet sums'],
    ],
    [
      'points added to a wallet and to a lot',
      `update ledger.wallet set available = available + 100, earned = earned + 100 where ${points};
       update ledger.lot set remaining = remaining + 100, earned = earned + 100
       where ${points} and expires_on = '2027-01-03'`,
      ['lots of journal', 'wallet head', 'wallet sums'],
    ],
    [
      'what was spent called expired',
      `update ledger.wallet set spent = spent - 1, expired = expired + 1 where ${points}`,
      ['lots of wallet', 'wallet sums'],
    ],
    ['a wallet’s hash lost', `update ledger.wallet set head = '' where ${points}`, ['wallet head']],
    ['a wallet deleted', `delete from ledger.wallet where ${points}`, ['entry without wallet']],
    [
      'a wallet from nowhere',
      `insert into ledger.wallet (member_id, program_key, asset, available, earned, spent, expired, seq, head)
       values ('${memberId('zhou')}', 1, 'points', 100, 100, 0, 0, 0, '')`,
      ['lots of wallet', 'wallet head', 'wallet without account'],
    ],
    [
      'a lot made larger',
      `update ledger.lot set remaining = remaining + 5, earned = earned + 5 where ${wang} and asset = 'points'`,
      ['lots of journal', 'lots of wallet'],
    ],
    [
      'a lot made to last',
      `update ledger.lot set expires_on = '2040-01-01' where ${wang} and asset = 'points'`,
      ['lots of journal'],
    ],
    [
      'points moved from a lot to one that lasts',
      `update ledger.lot set remaining = 0, earned = 0 where ${wang} and asset = 'points';
       insert into ledger.lot (member_id, program_key, asset, expires_on, earned, remaining)
       values ('${memberId('wang')}', 1, 'points', '2040-01-01', 10, 10)`,
      ['lots of journal'],
    ],
    [
      'a lot deleted',
      `delete from ledger.lot where ${wang} and asset = 'points'`,
      ['lots of journal', 'lots of wallet'],
    ],
    [
      'the awards of a document edited',
      `update ledger.document set awards = '[["spend", 0, "p", "9"]]' where ${wang}`,
      ['document points'],
    ],
    ['a document deleted', `delete from ledger.document where ${wang}`, ['entry without document']],
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
    ['an account deleted', `delete from ledger.account where ${wang}`, ['wallet without account']],
  ])('%s', async (_, tamper, expected) => {
    expect(await foundBy(tamper)).toEqual(expected.toSorted())
  })
})

describe('the books cannot be changed', () => {
  const tables = ['entry', 'document', 'tier_change']
  // biome-ignore format: aligned rows
  const ways = [
    ['update',   (table: string) => `update ledger.${table} set member_id = member_id`],
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

  test.each(['account', 'wallet', 'lot', 'program', 'program_version'])(
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
    // what is tried                            statement                                                                       constraint
    ['a wallet below nothing',                  `update ledger.wallet set available = -1, spent = earned + 1`,                  'wallet_parts_not_negative'],
    ['a wallet that does not add up',           `update ledger.wallet set available = available + 1`,                           'wallet_adds_up'],
    ['a wallet that owes and has',              `update ledger.wallet set owed = 1, available = available + 1`,                 'wallet_owes_or_has'],
    ['a lot below nothing',                     `update ledger.lot set remaining = -1, used = earned + 1`,                      'lot_parts_not_negative'],
    ['a lot that does not add up',              `update ledger.lot set remaining = remaining - 1`,                              'lot_adds_up'],
  ])('%s is refused', async (_, statement, constraint) => {
    await expect(ledger.sql(statement)).rejects.toThrow(constraint)
  })

  // biome-ignore format: aligned rows
  test.each([
    // column values of a forged entry: debit, credit, amount, available after
    ['nothing moved',          'issuance', 'member',     0, 10, 'entry_moves_something'],
    ['a negative amount',      'issuance', 'member',    -1, 10, 'entry_moves_something'],
    ['one side only',          'member',   'member',     1, 10, 'entry_has_two_sides'],
    ['no member in it',        'issuance', 'breakage',   1, 10, 'entry_has_two_sides'],
    ['a balance below nothing', 'issuance', 'member',    1, -1, 'entry_balances_not_negative'],
  ])('an entry with %s is refused', async (_, debit, credit, amount, after, constraint) => {
    const forged = ledger.sql(
      `insert into ledger.entry select member_id, program_key, asset, 99, document_id, kind, $1, $2, $3, $4, 0, lots,
         effective_at, recorded_at, hash from ledger.entry where asset = 'points'`,
      [debit, credit, amount, after],
    )
    await expect(forged).rejects.toThrow(constraint)
  })

  test('a number of the sequence is used once', async () => {
    await expect(ledger.sql('insert into ledger.entry table ledger.entry')).rejects.toThrow('entry_key')
    await expect(ledger.sql('insert into ledger.document table ledger.document')).rejects.toThrow(
      'document_key',
    )
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
  expect(await brokenPromises(ledger)).toEqual([])
})
