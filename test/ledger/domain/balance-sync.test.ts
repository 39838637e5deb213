import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Instant, instant } from '../../../kernel/values/instant.ts'
import { AccountBook, newAccount } from '../../../subgraphs/ledger/domain/account-book.ts'
import { AgreedFigures } from '../../../subgraphs/ledger/domain/agreed-figures.ts'
import {
  accountMark,
  type BalanceSyncRule,
  decideSync,
  figureFor,
  type SyncedBalance,
  syncFrom,
} from '../../../subgraphs/ledger/domain/balance-sync.ts'
import { decide } from '../../../subgraphs/ledger/domain/decide.ts'
import type { PostingCommand } from '../../../subgraphs/ledger/domain/posting.ts'
import { readProgram } from '../../../subgraphs/ledger/domain/read-program.ts'
import { documentWith, programWith } from '../program-of.ts'

const own: BalanceSyncRule = { channel: 'tmall', figure: 'own', most: 500 }
const common: BalanceSyncRule = { channel: 'till', figure: 'common' }
const noon = instant('2026-05-01T12:00:00Z')
const one = instant('2026-05-01T13:00:00Z')
const two = instant('2026-05-01T14:00:00Z')

// biome-ignore format: aligned rows
test.each<[BalanceSyncRule | undefined, bigint, bigint, Instant, bigint | undefined, bigint, string]>([
  // rule     from   to     told  agreed at noon  available  expected
  [undefined,  -1n,    0n,  two,  100n,              0n,     'SYNC_NOT_OFFERED'           ],
  [own,        -1n,   -1n,  two,  100n,              0n,     'AMOUNT_NOT_VALID previous'  ],
  [own,       100n,   -1n,  two,  100n,              0n,     'AMOUNT_NOT_VALID balance'   ],
  [own,       100n, 10n ** 12n + 1n, two, 100n,      0n,     'AMOUNT_NOT_VALID balance'   ],
  [own,        90n,    0n,  two,  100n,              0n,     'OCCURRED_IN_FUTURE at'      ], // before diverged
  [own,        90n,    0n, 1 as Instant, 100n,       0n,     'SYNC_OUT_OF_DATE at'        ], // before diverged
  [own,        90n, 9000n,  one,  100n,              0n,     'BALANCE_DIVERGED previous'  ], // before too large
  [own,         1n,    2n,  one,  undefined,         0n,     'BALANCE_DIVERGED previous'  ], // the first sets out from 0
  [own,       100n,  601n,  one,  100n,              0n,     'SYNC_TOO_LARGE balance'     ],
  [own,       900n,  399n,  one,  900n,              0n,     'SYNC_TOO_LARGE balance'     ], // before insufficient
  [own,       100n,    0n,  one,  100n,             99n,     'INSUFFICIENT_POINTS balance'],
  [own,       100n,    0n,  one,  100n,            100n,     '-100'                       ],
  [own,       100n,  600n,  one,  100n,              0n,     '500'                        ],
  [own,       100n,  100n, noon,  100n,              0n,     '0'                          ], // the same moment
  [common,      0n, 9000n,  one,  undefined,         0n,     '9000'                       ],
])('%o from %s to %s, told %s, agreed %s, available %s: %s', (rule, previous, balance, toldAt, agreed, available, expected) => {
  const known = agreed === undefined ? undefined : { agreed, toldAt: noon }
  const decided = decideSync(rule, { previous, balance, toldAt }, { known, available, now: one })
  expect(decided.ok ? String(decided.value) : [decided.refusal.code, ...(decided.refusal.path ?? [])].join(' '))
    .toBe(rule ? expected : `${expected} channel`)
})

test('who is refused is told the agreed figure, and of points elsewhere only where the figure is common', () => {
  const books = { known: { agreed: 70n, toldAt: noon }, available: 5n, now: two }
  const details = (rule: BalanceSyncRule, previous: bigint, toldAt: Instant) => {
    const decided = decideSync(rule, { previous, balance: 0n, toldAt }, books)
    return decided.ok ? undefined : decided.refusal.details
  }
  expect(details(own, 60n, one)).toEqual({ agreed: '70' })
  expect(details(own, 70n, 1 as Instant)).toEqual({ agreed: '70' })
  expect(details(own, 70n, one)).toBeUndefined()
  expect(details(common, 70n, one)).toEqual({ available: '5' })
})

const key = Buffer.alloc(32, 7)
const figure = (memberId: string, account: string, agreed: bigint): SyncedBalance => ({
  memberId,
  personId: 'lin',
  programKey: 1,
  channel: 'tmall',
  account: accountMark(key, account),
  agreed,
  toldAt: noon,
  documentId: `${memberId} ${account}`,
})

// biome-ignore format: aligned rows
test.each<[string, readonly SyncedBalance[], string, bigint | undefined]>([
  ['nothing told',                      [],                                               'lin',  undefined],
  ['its own',                           [figure('lin', '', 1n), figure('wang', '', 2n)],  'wang', 2n       ],
  ['the only one, by another id',       [figure('wang', '', 2n)],                         'lin',  2n       ],
  ['two, and neither came by this id',  [figure('wang', '', 2n), figure('zhao', '', 3n)], 'lin',  undefined],
  ['another account at the channel',    [figure('lin', 'b-2', 9n)],                       'lin',  undefined],
])('a sync goes on from %s', (_, figures, memberId, expected) => {
  const place = { programKey: 1, channel: 'tmall', account: accountMark(key, '') }
  expect(figureFor(figures, place, { memberId, personId: 'lin' })?.agreed).toBe(expected)
})

test('a channel is declared once', () => {
  const { faults } = readProgram(
    documentWith([
      'downgrade: to-fit',
      'downgrade: to-fit\nbalanceSync:\n  - { channel: a, figure: own }\n  - { channel: a, figure: common }',
    ]),
  )
  expect(faults).toMatchObject([{ path: 'balanceSync[1].channel', message: 'a is there already' }])
})

const program = programWith([
  'downgrade: to-fit',
  'downgrade: to-fit\nbalanceSync: [{ channel: tmall, figure: own }, { channel: till, figure: common }]',
])
const MEMBER = '00000000-0000-8000-8000-000000000001'

type Step =
  | { readonly on: 'us'; readonly points: number }
  | {
      readonly on: 'tmall' | 'till'
      readonly change: number
      readonly stale: boolean
      readonly lost: boolean
    }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ on: fc.constant('us' as const), points: fc.integer({ min: -60, max: 60 }) }),
  fc.record({
    on: fc.constantFrom('tmall' as const, 'till' as const),
    change: fc.integer({ min: -80, max: 80 }),
    /** It sets out from a figure of before. */
    stale: fc.boolean(),
    /** The answer is lost, and the sync is sent again. */
    lost: fc.boolean(),
  }),
)

test('whatever is earned and spent here and there, each point counts once, and both sides show the same', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const book = new AccountBook(program, newAccount(MEMBER, program))
      const figures = new AgreedFigures([], (id) => id)
      const posted = new Map<string, bigint>()
      const shown = { tmall: 0n, till: 0n }
      let expected = 0n
      for (const [index, one] of steps.entries()) {
        const now = (noon + index) as Instant
        const source = {
          memberId: MEMBER,
          documentId: `00000000-0000-8000-8000-${String(index).padStart(12, '0')}`,
          number: String(index),
          store: undefined,
          operator: 'service:test',
          effectiveAt: now,
          body: Buffer.alloc(0),
          idempotencyKey: undefined,
        }
        const run = (asked: PostingCommand) => {
          const command = figures.about(program.key, asked)
          const result = decide(program, book, command, { multipliers: [], now, history: undefined })
          if (typeof result === 'string') throw new Error('in order, nothing is played again')
          if (result.ok) figures.note(program.key, asked, result.value)
          return result
        }
        if (one.on === 'us') {
          const points = BigInt(one.points)
          const size = points < 0n ? -points : points
          const done = run({
            ...source,
            kind: 'adjustment',
            channel: 'adjustment',
            direction: points < 0n ? 'deduct' : 'grant',
            asset: 'points',
            amount: size,
            reason: 'r',
          })
          if (done.ok) expected += points
          continue
        }
        const previous = one.stale ? shown[one.on] + 1n : shown[one.on]
        const balance = shown[one.on] + BigInt(one.change)
        const sync: PostingCommand = {
          ...source,
          kind: 'balance-sync',
          channel: one.on,
          account: Buffer.alloc(0),
          previous,
          balance,
          toldAt: now,
        }
        const before = book.available('points')
        const done = run(sync)
        if (one.stale || balance < 0n || before + BigInt(one.change) < 0n) {
          expect(done.ok).toBe(false)
          expect(book.available('points')).toBe(before)
          continue
        }
        expect(done.ok).toBe(true)
        expected += BigInt(one.change)
        posted.set(one.on, (posted.get(one.on) ?? 0n) + BigInt(one.change))
        if (done.ok) shown[one.on] = syncFrom(done.value.subject!).agreed
        // Sent again under another number, it sets out from a figure that is agreed on no more.
        if (one.lost && previous !== shown[one.on])
          expect(
            run({ ...sync, documentId: `00000000-0000-8000-9000-${String(index).padStart(12, '0')}` }).ok,
          ).toBe(false)
        if (one.on === 'till') expect(shown.till).toBe(book.available('points'))
      }
      expect(book.available('points')).toBe(expected)
      // What a channel of its own figure shows is what it has told, whatever happened elsewhere.
      expect(shown.tmall).toBe(posted.get('tmall') ?? 0n)
    }),
    { numRuns: 300 },
  )
})
