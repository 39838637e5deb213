import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addDays, instant, type LocalDate } from '../../../kernel/values/instant.ts'
import { AccountBook, newAccount } from '../../../subgraphs/ledger/domain/account-book.ts'
import { kindOf } from '../../../subgraphs/ledger/domain/entry.ts'
import { movedMoney } from '../../../subgraphs/ledger/domain/moved-money.ts'
import {
  pendingLots,
  postStoredValue,
  type StoredValueCommand,
} from '../../../subgraphs/ledger/domain/post-stored-value.ts'
import type { Program } from '../../../subgraphs/ledger/domain/program.ts'
import type { BonusOnRefund, SpendOrder } from '../../../subgraphs/ledger/domain/stored-value-rules.ts'
import { programWith } from '../program-of.ts'

const programOf = (spend: SpendOrder, bonus: BonusOnRefund): Program =>
  programWith([
    'downgrade: to-fit',
    `downgrade: to-fit
storedValue:
  topUp: { bonus: [{ from: "0.50", bonus: "0.07" }, { from: "2.00", bonus: "0.60" }] }
  validity: { bonus: { kind: rolling, days: 40 } }
  spend: ${spend}
  refund: { bonus: ${bonus} }
  plans:
    - { id: gift, name: { en: g, zh-CN: g }, amount: "1.00", of: bonus, instalments: 3, onStop: forfeit }
    - { id: paid, name: { en: p, zh-CN: p }, amount: "1.01", instalments: 4, firstAfterMonths: 0, onStop: pay-back }
    - { id: free, name: { en: f, zh-CN: f }, amount: "0.90", instalments: 2, onStop: release }`,
  ])

const money = fc
  .integer({ min: 1, max: 400 })
  .map((fen) => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`)

type Step =
  | { readonly days: number; readonly command: Exclude<StoredValueCommand, { kind: 'plan-stop' }> }
  | { readonly days: number; readonly stop: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    days: fc.nat(30),
    command: fc.oneof(
      money.map((amount) => ({ kind: 'top-up', amount, plan: undefined }) as const),
      fc
        .constantFrom('gift', 'paid', 'free')
        .map((plan) => ({ kind: 'top-up', amount: undefined, plan }) as const),
      money.map((amount) => ({ kind: 'spend', amount }) as const),
      money.map((amount) => ({ kind: 'withdrawal', amount, reason: 'r' }) as const),
    ),
  }),
  fc.record({ days: fc.nat(30), stop: fc.nat(5) }),
)

test('whatever is done in whatever order: wallets add up, all money is somewhere, and no more is paid back than was paid in', () => {
  const order = fc.constantFrom<SpendOrder>('principal-first', 'bonus-first', 'pro-rata')
  const policy = fc.constantFrom<BonusOnRefund>('keep', 'remaining', 'given')
  fc.assert(
    fc.property(order, policy, fc.array(step, { minLength: 1, maxLength: 40 }), (spend, bonus, steps) => {
      const program = programOf(spend, bonus)
      const book = new AccountBook(program, newAccount('00000000-0000-8000-8000-000000000001', program))
      const begun: { id: string; plan: string; on: LocalDate }[] = []
      let day = '2026-01-01' as LocalDate
      let paidIn = 0n
      let paidBack = 0n
      for (const [index, one] of steps.entries()) {
        day = addDays(day, one.days)
        const now = instant(`${day}T04:00:00Z`)
        const before = book.entries.length
        const result = postStoredValue(
          program,
          book,
          'command' in one ? one.command : stopOf(program, begun.splice(one.stop, 1)[0]),
          { at: now, documentId: `${index}` },
          now,
        )
        const own = book.entries.slice(before).filter(({ documentId }) => documentId === `${index}`)
        expect(own.length > 0).toBe(result.ok)
        if (result.ok && 'command' in one && one.command.kind === 'top-up' && one.command.plan) {
          begun.push({ id: `${index}`, plan: one.command.plan, on: day })
        }
        paidBack += movedMoney(own).paidBack
        for (const { kind, moves } of own) {
          for (const { asset, amount } of moves) {
            if (kindOf(kind).debit === 'payment') {
              expect(asset).toBe('principal')
              paidIn += amount
            }
          }
        }
        holdsTogether(book)
      }
      expect(paidBack <= paidIn).toBe(true)
      const { principal } = { principal: book.wallet('principal') }
      // Nothing of what was paid in runs out or vanishes.
      expect(principal.expired).toBe(0n)
      expect(principal.earned).toBe(paidIn)
      expect(principal.available + principal.pending + principal.spent + principal.reversed).toBe(paidIn)
    }),
    { numRuns: 100 },
  )
})

function stopOf(
  program: Program,
  begun: { id: string; plan: string; on: LocalDate } | undefined,
): StoredValueCommand {
  const plan = program.storedValue!.plans.find(({ id }) => id === begun?.plan)
  const running =
    begun && plan
      ? { topUpId: begun.id, plan, lots: pendingLots(program, plan, instant(`${begun.on}T04:00:00Z`)) }
      : undefined
  return { kind: 'plan-stop', running, reason: 'r' }
}

function holdsTogether(book: AccountBook): void {
  for (const asset of ['principal', 'bonus'] as const) {
    const wallet = book.wallet(asset)
    const { earned, moved, owed, spent, expired, reversed, available, held, pending } = wallet
    expect(earned + moved + owed - spent - expired - reversed).toBe(available + held + pending)
    expect([owed, held, moved]).toEqual([0n, 0n, 0n])
    for (const part of [available, pending, earned, spent, expired, reversed]) expect(part >= 0n).toBe(true)
    expect(wallet.lots.reduce((sum, lot) => sum + lot.remaining, 0n)).toBe(available)
    expect(wallet.waiting.reduce((sum, lot) => sum + lot.remaining, 0n)).toBe(pending)
  }
}
