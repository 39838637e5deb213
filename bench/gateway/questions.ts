import { memberIdAt } from './data.ts'

const WHOLE = `
  id number status joinedAt
  profile { name phone }
  tags { dimension name value expiresAt }
  account {
    growth
    points { available held pending }
    tier { validUntil tier { id name } progress { missing next { name } } }
  }
  entitlements { edges { node { id code state usesLeft usesTotal validUntil benefit { id name } } } }
  tasks { campaign { id name } completedToday perDay available pointsEarned }`

export interface Question {
  readonly title: string
  readonly query: string
  /** So many different sets of variables are asked in turn. */
  readonly variables: readonly Record<string, unknown>[]
}

const some = <T>(of: (index: number) => T): T[] => Array.from({ length: 64 }, (_, index) => of(index * 7))

/** What is asked of each gateway. */
export const questions = {
  member360: {
    title: 'member 360: identity, ledger, benefits, campaigns',
    query: `query Member360($id: ID!) { member(id: $id) {${WHOLE} } }`,
    variables: some((index) => ({ id: memberIdAt(index) })),
  },
  list: {
    title: 'list of 50 members with all four',
    query: `query List { benchMembers {${WHOLE} } }`,
    variables: [{}],
  },
  balance: {
    title: 'balance only: identity, ledger',
    query: 'query Balance($id: ID!) { member(id: $id) { account { points { available } } } }',
    variables: some((index) => ({ id: memberIdAt(index) })),
  },
  purchase: {
    title: 'purchase: a mutation of ledger',
    query: `mutation Purchase($input: RecordPurchaseInput!) {
      recordPurchase(input: $input) {
        duplicate
        refusal { code message }
        purchase { id document points growth tierAfter { id name } awards { rule amount } }
      }
    }`,
    variables: some((index) => ({
      input: {
        channel: 'store',
        document: `D-${index}`,
        member: { id: memberIdAt(index) },
        lines: [{ sku: 'sku-1', quantity: 1, amount: '100.00' }],
      },
    })),
  },
} as const satisfies Record<string, Question>

export type QuestionName = keyof typeof questions
