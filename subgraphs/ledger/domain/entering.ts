import { addMonths, type Instant, localDate } from '../../../kernel/values/instant.ts'
import type { TierReason } from './account-book.ts'
import type { ProgramDocument } from './program.ts'
import type { Fault } from './program-fault.ts'

/** Points for who takes up a membership soon after it began, once. */
export interface WelcomeRules {
  readonly points: number
  readonly withinMonths: number
}

/** A product that leads to a tier; what is absent is any. */
export interface EntryTierRule {
  readonly tier: string
  readonly kind?: 'VEHICLE' | 'OTHER'
  readonly makes?: readonly string[]
  readonly models?: readonly string[]
}

export interface BoughtProduct {
  readonly kind: string
  readonly make: string
  readonly model: string | null
}

/** Merges know by this name what one person has once. */
export const WELCOME = 'welcome'

/** The last day counts: three months from 15 January are over on 16 April. */
export const isWelcome = (
  { withinMonths }: WelcomeRules,
  { joinedAt, boundAt }: { readonly joinedAt: Instant; readonly boundAt: Instant },
  timeZone: string,
): boolean => localDate(boundAt, timeZone) <= addMonths(localDate(joinedAt, timeZone), withinMonths)

/** The tier that comes with a product, by the first rule that matches. */
export const entryTierFor = (rules: readonly EntryTierRule[], product: BoughtProduct): string | undefined =>
  rules.find(
    ({ kind, makes, models }) =>
      (kind === undefined || kind === product.kind) &&
      (makes === undefined || names(makes, product.make)) &&
      (models === undefined || (product.model !== null && names(models, product.model))),
  )?.tier

const names = (list: readonly string[], name: string): boolean => list.map(plain).includes(plain(name))

/** Dealers write models in their own way: width, case and spaces around do not count. */
const plain = (name: string): string => name.normalize('NFKC').trim().toLowerCase()

/** Tiers that nobody has reached by measures; the channel of their document says what they came with. */
const GIVEN_BY: ReadonlyMap<string, TierReason> = new Map([
  ['product', 'direct'],
  ['application', 'approved'],
])

export type TierGift = 'product' | 'application'

export const tierGivenBy = (channel: string): TierReason | undefined => GIVEN_BY.get(channel)

/** What a JSON Schema cannot say of how members enter. */
export const enteringFaults = ({ entryTiers = [], tiers }: ProgramDocument): Fault[] =>
  entryTiers.flatMap(({ tier }, index) => {
    const rank = tiers.findIndex(({ id }) => id === tier)
    const path = ['entryTiers', index, 'tier']
    if (rank < 0) return [{ path, message: 'is not a tier of this programme' }]
    return rank === 0 ? [{ path, message: 'is the base, which everybody has' }] : []
  })
