import { roundRatio } from '../../../kernel/values/points.ts'
import type { LocalizedText } from '../../../schema/events/program.ts'

/** Partners in whose shops members earn and burn the programme's points, as it is written. */
export interface CoalitionDocument {
  readonly partners: readonly {
    readonly id: string
    readonly name: LocalizedText
    readonly channels?: readonly string[]
    readonly stores?: readonly string[]
  }[]
  /** So many points are settled at so much money. */
  readonly settle: { readonly points: number; readonly money: string }
}

export interface CoalitionPartner {
  readonly id: string
  readonly name: LocalizedText
}

export interface Coalition {
  readonly partners: readonly CoalitionPartner[]
  readonly byChannel: ReadonlyMap<string, string>
  readonly byStore: ReadonlyMap<string, string>
  readonly points: bigint
  readonly money: bigint
}

/** The brand itself, among issuers and honourers. */
export const BRAND = ''

export const compileCoalition = (
  { partners, settle }: CoalitionDocument,
  money: (text: string) => bigint,
): Coalition => ({
  partners: partners.map(({ id, name }) => ({ id, name })),
  byChannel: new Map(partners.flatMap(({ id, channels = [] }) => channels.map((channel) => [channel, id]))),
  byStore: new Map(partners.flatMap(({ id, stores = [] }) => stores.map((store) => [store, id]))),
  points: BigInt(settle.points),
  money: money(settle.money),
})

/** Whose shop a document comes from: that of the partner that sent it, of its store, of its channel; or the brand's. */
export function shopOf(
  coalition: Coalition | undefined,
  source: { readonly channel: string; readonly store: string | undefined; readonly operator: string },
): string {
  if (!coalition) return BRAND
  const sender = coalition.partners.find(({ id }) => source.operator === `partner:${id}`)
  return (
    sender?.id ??
    coalition.byStore.get(source.store ?? '') ??
    coalition.byChannel.get(source.channel) ??
    BRAND
  )
}

/** A lot's class begins with who issued it; what a merge brought, or what is not active yet, stands behind that. */
export const issuerOf = (lotClass: string): string => lotClass.split(/[@~]/, 1)[0]!

/** Points of one issuer burned at one honourer, less those given back. */
export interface Burned {
  readonly issuer: string
  readonly honourer: string
  readonly points: bigint
}

/** What the issuer owes the honourer for them, in minor units; negative where more came back than went. */
export interface ClearingLine extends Burned {
  readonly money: bigint
}

export interface Position {
  /** `BRAND` or a partner's id. */
  readonly party: string
  /** Points of others that it honoured, in money. */
  readonly receivable: bigint
  /** Its points that others honoured, in money. */
  readonly payable: bigint
  readonly net: bigint
}

/** Each line is rounded once; both of its sides take the same figure, so that all positions add up to nothing. */
export const clearingLine = (
  { points, money }: Pick<Coalition, 'points' | 'money'>,
  burned: Burned,
): ClearingLine => ({
  ...burned,
  money:
    burned.points < 0n
      ? -roundRatio(-burned.points * money, points, 'half-up')
      : roundRatio(burned.points * money, points, 'half-up'),
})

/** What each party has to pay or to get. Whoever honours its own points owes nobody. */
export function positions(lines: readonly ClearingLine[]): Position[] {
  const sums = new Map<string, { receivable: bigint; payable: bigint }>()
  const of = (party: string) => {
    const sum = sums.get(party) ?? { receivable: 0n, payable: 0n }
    sums.set(party, sum)
    return sum
  }
  for (const { issuer, honourer, money } of lines) {
    if (issuer === honourer) continue
    of(honourer).receivable += money
    of(issuer).payable += money
  }
  return [...sums]
    .map(([party, { receivable, payable }]) => ({ party, receivable, payable, net: receivable - payable }))
    .sort((a, b) => (a.party < b.party ? -1 : 1))
}
