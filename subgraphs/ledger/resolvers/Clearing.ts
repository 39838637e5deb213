import { formatDecimal } from '../../../kernel/values/money.ts'
import type { readMonth } from '../actions/clear-month.ts'
import { BRAND, positions } from '../domain/coalition.ts'
import type { Program } from '../domain/program.ts'

export interface ClearingSource {
  readonly program: Program
  readonly month: string
  readonly read: Awaited<ReturnType<typeof readMonth>>
}

/** The brand is the party without an id. */
const party = (id: string): string | null => (id === BRAND ? null : id)

export const Clearing = {
  final: ({ read }: ClearingSource) => read.final,
  matchesBooks: ({ read }: ClearingSource) => read.matchesBooks,
  lines: ({ read, program }: ClearingSource) =>
    read.lines.map(({ issuer, honourer, points, money }) => ({
      issuer: party(issuer),
      honourer: party(honourer),
      points,
      amount: moneyOf(program, money),
    })),
  positions: ({ read, program }: ClearingSource) =>
    positions(read.lines).map(({ party: id, receivable, payable, net }) => ({
      party: party(id),
      receivable: moneyOf(program, receivable),
      payable: moneyOf(program, payable),
      net: moneyOf(program, net),
    })),
}

export const moneyOf = ({ scale, currency }: Pick<Program, 'scale' | 'currency'>, amount: bigint) => ({
  amount: formatDecimal(amount, scale),
  currency,
})
