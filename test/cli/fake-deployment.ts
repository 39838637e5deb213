import type { Deployment } from '../../cli/open-deployment.ts'
import type { Config } from '../../kernel/config.ts'

interface SentPurchase {
  readonly member: { readonly id: string }
  readonly channel: string
  readonly document: string
  readonly occurredAt: string
  readonly lines: readonly [{ readonly amount: string }]
}

/** Identity and ledger as far as an import sees them, in memory; a point for each whole unit of money. */
export function fakeDeployment(dataDir: string) {
  const members = new Map<string, string>()
  const purchases = new Map<string, SentPurchase>()
  /** Documents in the order in which they were recorded, by member. */
  const order = new Map<string, string[]>()
  let callsLeft = Number.POSITIVE_INFINITY
  let onRecord = (_: number): void => {}

  const answer = (document: string, variables: Record<string, unknown>): unknown => {
    if (document.includes('query Program')) {
      return variables.id === 'super-member'
        ? { program: { currency: 'CNY', timeZone: 'Asia/Shanghai' } }
        : { program: null }
    }
    if (callsLeft-- <= 0) throw new Error('the connection is gone')
    const input = variables.input as never
    return document.includes('registerMembers') ? register(input) : record(input)
  }
  const register = (input: { members: { identity: { scope: string; value: string } }[] }) => ({
    registerMembers: {
      refusal: null,
      members: input.members.map(({ identity }) => {
        const key = `${identity.scope}/${identity.value}`
        const created = !members.has(key)
        if (created) members.set(key, `m-${members.size + 1}`)
        return { memberId: members.get(key), created }
      }),
    },
  })
  const record = (input: { purchases: SentPurchase[] }) => {
    const results = input.purchases.map((purchase) => {
      const amount = Number(purchase.lines[0].amount)
      const points = Math.floor(amount)
      if (amount === 666) {
        return {
          duplicate: false,
          purchase: null,
          refusal: { code: 'OCCURRED_IN_FUTURE', message: 'Not yet.' },
        }
      }
      const key = `${purchase.channel}/${purchase.document}`
      const known = purchases.get(key)
      if (known) {
        return JSON.stringify(known) === JSON.stringify(purchase)
          ? { duplicate: true, purchase: { points }, refusal: null }
          : {
              duplicate: false,
              purchase: null,
              refusal: { code: 'DOCUMENT_CONFLICT', message: 'Other contents.' },
            }
      }
      purchases.set(key, purchase)
      order.set(purchase.member.id, [...(order.get(purchase.member.id) ?? []), purchase.document])
      return { duplicate: false, purchase: { points }, refusal: null }
    })
    onRecord(purchases.size)
    return { recordPurchases: { results } }
  }

  const deployment: Deployment = {
    config: { dataDir } as Config,
    name: 'fake',
    request: async <Data>(_: string, document: string, variables: Record<string, unknown> = {}) => {
      await new Promise((resolve) => setImmediate(resolve))
      return answer(document, variables) as Data
    },
    close: async () => {},
  }
  return {
    deployment,
    members,
    purchases,
    order,
    /** Every call after so many more fails. */
    failAfter(calls: number): void {
      callsLeft = calls
    },
    onRecord(listener: (recorded: number) => void): void {
      onRecord = listener
    },
  }
}
