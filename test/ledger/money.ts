import { readFileSync } from 'node:fs'
import type { Principal } from '../../kernel/auth/principal.ts'
import { admin } from '../helpers/graph.ts'
import { memberId } from './open-ledger.ts'
import { accountField, type OpenLedger, type RefusalAnswer } from './requests.ts'

/** A programme document that ships, with some of its text replaced. */
export const shipped = (name: string, ...changes: readonly (readonly [string, string])[]): string =>
  changes.reduce(
    (text, [old, fresh]) => {
      if (!text.includes(old)) throw new Error(`${name}.yaml has no ${JSON.stringify(old)}`)
      return text.replace(old, fresh)
    },
    readFileSync(new URL(`../../programs/${name}.yaml`, import.meta.url), 'utf8'),
  )

const FIELDS = `
  movement { id kind principal { amount } bonus { amount } pending { amount } paidBack { amount } withheld { amount } plan document }
  duplicate
  account { storedValue { available { amount } } }
  refusal { code path message details { name value } }`

const MUTATIONS = {
  topUp: 'TopUpInput',
  spendStoredValue: 'SpendStoredValueInput',
  withdrawStoredValue: 'WithdrawStoredValueInput',
  stopInstalments: 'StopInstalmentsInput',
} as const

interface Amount {
  amount: string
}

export interface MoneyAnswer {
  movement: {
    id: string
    kind: string
    principal: Amount
    bonus: Amount
    pending: Amount
    paidBack: Amount
    withheld: Amount
    plan: string | null
    document: string
  } | null
  duplicate: boolean
  account: { storedValue: { available: Amount } } | null
  refusal: RefusalAnswer | null
}

/** One mutation of prepaid money. */
export async function moveMoney(
  ledger: OpenLedger,
  mutation: keyof typeof MUTATIONS,
  name: string,
  more: Record<string, unknown> & { idempotencyKey: string },
  as: Principal = admin,
): Promise<MoneyAnswer> {
  const input = {
    memberId: memberId(name),
    channel: 'store',
    ...(mutation === 'stopInstalments' ? {} : { document: 'd' }),
    ...(mutation === 'stopInstalments' || mutation === 'withdrawStoredValue'
      ? { reason: 'asked for it' }
      : {}),
    ...more,
  }
  const answer = await ledger.ask<Record<string, MoneyAnswer>>(
    as,
    `mutation Move($input: ${MUTATIONS[mutation]}!) { ${mutation}(input: $input) { ${FIELDS} } }`,
    { input },
  )
  return answer[mutation]!
}

/** Principal, bonus and what is pending, as texts. */
export async function money(ledger: OpenLedger, name: string): Promise<string[]> {
  const { storedValue } = await accountField<{
    storedValue: { principal: Amount; bonus: Amount; pending: Amount }
  }>(ledger, name, 'storedValue { principal { amount } bonus { amount } pending { amount } }')
  return [storedValue.principal.amount, storedValue.bonus.amount, storedValue.pending.amount]
}

/** What moved, as texts: principal, bonus, pending, paid back, withheld; or the refusal. */
export const movedOf = ({ movement, refusal }: MoneyAnswer): string | string[] =>
  movement
    ? [movement.principal, movement.bonus, movement.pending, movement.paidBack, movement.withheld].map(
        ({ amount }) => amount,
      )
    : refusal!.code
