import { formatDecimal } from '../../kernel/values/money.ts'
import { CommandError } from '../command-error.ts'
import type { Deployment } from '../open-deployment.ts'
import type { BadLine, Purchase } from './purchase-line.ts'
import { NOTHING, sum, type Tally } from './tally.ts'

/** What became of some purchases. */
export interface Sent {
  readonly tally: Tally
  /** Those that were refused. */
  readonly bad: readonly BadLine[]
}

export interface SenderOptions {
  readonly request: Deployment['request']
  readonly program: string
  /** Decimals of the programme's currency. */
  readonly scale: number
  readonly source: string
  readonly channel: string
}

const REGISTER = `
  mutation Register($input: RegisterMembersInput!) {
    registerMembers(input: $input) { members { memberId created } refusal { code message path } }
  }`

const RECORD = `
  mutation Record($input: RecordPurchasesInput!) {
    recordPurchases(input: $input) {
      results { duplicate purchase { points } refusal { code message } }
    }
  }`

interface Registered {
  readonly registerMembers: {
    readonly members: readonly { readonly memberId: string; readonly created: boolean }[] | null
    readonly refusal: { readonly message: string; readonly path: readonly string[] } | null
  }
}

interface Recorded {
  readonly recordPurchases: {
    readonly results: readonly {
      readonly duplicate: boolean
      readonly purchase: { readonly points: number } | null
      readonly refusal: { readonly code: string; readonly message: string } | null
    }[]
  }
}

/** Some 200 bytes each; a member that was forgotten is asked for again. */
const MEMBERS_REMEMBERED_MAX = 200_000

/** Registers the buyers and records their purchases: two calls for a batch, both harmless when repeated. */
export function purchaseSender({ request, program, scale, source, channel }: SenderOptions) {
  const memberIds = new Map<string, string>()

  /** Learns the ids of those buyers who are not known yet. */
  const register = async (purchases: readonly Purchase[]): Promise<Tally> => {
    // The first purchase that is seen of a member tells when it joined.
    const joinedAt = new Map<string, string>()
    for (const { member, occurredAt } of purchases) {
      if (!memberIds.has(member) && !joinedAt.has(member)) joinedAt.set(member, occurredAt)
    }
    if (joinedAt.size === 0) return NOTHING
    const names = [...joinedAt.keys()]
    const members = [...joinedAt].map(([value, at]) => ({
      identity: { kind: 'EXTERNAL', scope: source, value },
      joinedAt: at,
    }))
    const answer = await request<Registered>('identity', REGISTER, { input: { source, members } })
    const { members: registered, refusal } = answer.registerMembers
    if (!registered)
      throw new CommandError(`members cannot be registered: ${refusal?.path.join('.')}: ${refusal?.message}`)
    for (const [index, { memberId }] of registered.entries()) memberIds.set(names[index]!, memberId)
    const membersNew = registered.filter(({ created }) => created).length
    return { ...NOTHING, membersNew, membersFound: registered.length - membersNew }
  }

  const record = async (purchases: readonly Purchase[]): Promise<Recorded['recordPurchases']['results']> => {
    const answer = await request<Recorded>('ledger', RECORD, {
      input: {
        purchases: purchases.map((purchase) => ({
          program,
          member: { id: memberIds.get(purchase.member)! },
          channel,
          store: purchase.store,
          document: purchase.document,
          occurredAt: purchase.occurredAt,
          lines: [
            {
              sku: purchase.sku,
              category: purchase.category,
              quantity: purchase.quantity,
              amount: formatDecimal(purchase.amount, scale),
            },
          ],
        })),
      },
    })
    return answer.recordPurchases.results
  }

  return async (purchases: readonly Purchase[]): Promise<Sent> => {
    const registered = await register(purchases)
    const { bad, tally } = collect(purchases, await record(purchases))
    forgetOldest(memberIds)
    return { bad, tally: sum(registered, tally) }
  }
}

function forgetOldest(memberIds: Map<string, string>): void {
  for (const member of memberIds.keys()) {
    if (memberIds.size <= MEMBERS_REMEMBERED_MAX) return
    memberIds.delete(member)
  }
}

function collect(purchases: readonly Purchase[], results: Recorded['recordPurchases']['results']): Sent {
  const bad: BadLine[] = []
  let [recorded, duplicates, amount, points] = [0, 0, 0n, 0n]
  for (const [index, purchase] of purchases.entries()) {
    const { refusal, duplicate, purchase: answer } = results[index]!
    if (!answer) {
      const { code, message } = refusal!
      bad.push({ line: purchase.line, code, reason: message, text: purchase.text })
      continue
    }
    if (duplicate) duplicates += 1
    else recorded += 1
    amount += purchase.amount
    points += BigInt(answer.points)
  }
  return { bad, tally: { ...NOTHING, bad: bad.length, recorded, duplicates, amount, points } }
}
