import type { LedgerContext } from '../context.ts'
import { type MovedMoney, movedMoney } from '../domain/moved-money.ts'
import type { Program } from '../domain/program.ts'
import type { RecordedEntry } from '../store/entries.ts'
import { moneyOf } from './Clearing.ts'
import { Entry, moveOf } from './Entry.ts'

/** What an entry moved of prepaid money, in the currency of its programme. */
export interface MoneyEntrySource {
  readonly program: Program
  readonly entry: RecordedEntry
}

const moved =
  (part: keyof MovedMoney) =>
  ({ program, entry }: MoneyEntrySource) =>
    moneyOf(program, movedMoney([entry])[part])

export const StoredValueEntry = {
  id: ({ entry }: MoneyEntrySource) => Entry.id(entry),
  kind: ({ entry }: MoneyEntrySource) => Entry.kind(entry),
  principal: moved('principal'),
  bonus: moved('bonus'),
  pending: moved('pending'),
  after({ program, entry }: MoneyEntrySource) {
    const [principal, bonus] = [moveOf(entry, 'principal'), moveOf(entry, 'bonus')]
    return {
      principal: principal ? moneyOf(program, principal.after) : null,
      bonus: bonus ? moneyOf(program, bonus.after) : null,
    }
  },
  effectiveAt: ({ entry }: MoneyEntrySource) => entry.effectiveAt,
  recordedAt: ({ entry }: MoneyEntrySource) => entry.recordedAt,
  document: ({ entry }: MoneyEntrySource, _: unknown, ctx: LedgerContext) => Entry.document(entry, _, ctx),
}
