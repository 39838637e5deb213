import type { IdentifierText } from './identifier.ts'

/** An account as the system that has it speaks of it: exactly one of them. */
export interface ChannelAccount {
  /** A mini program or official account; `unionid` where the app belongs to an open platform account. */
  readonly wechat?: {
    readonly appId: string
    readonly openid: string
    readonly unionid?: string | null
  } | null
  /** A marketplace gives each brand another id of one buyer. */
  readonly marketplace?: {
    readonly brand: string
    readonly buyerId: string
    /** Of the buyer's phone, by the recipe of the marketplace. */
    readonly phoneHash?: string | null
  } | null
  /** A till or CRM that knows people by the card that they show. */
  readonly store?: { readonly cardNumber: string } | null
}

/**
 * The identities that an account stands for. Brand and buyer are one value: the marketplace itself is the scope. A phone
 * hash is within its recipe; `recipeOf` says which that is, and an empty one is none.
 */
export function identitiesOf(
  { wechat, marketplace, store }: ChannelAccount,
  recipeOf: (brand: string) => string,
): readonly IdentifierText[] {
  const identities: IdentifierText[] = []
  if (wechat) {
    identities.push({ kind: 'WECHAT_OPENID', scope: wechat.appId, value: wechat.openid })
    if (wechat.unionid) identities.push({ kind: 'WECHAT_UNIONID', value: wechat.unionid })
  }
  if (marketplace) {
    const { brand, buyerId, phoneHash } = marketplace
    // An empty part must not stand for nobody in particular.
    const value = brand.trim() === '' || buyerId.trim() === '' ? '' : `${brand.trim()}:${buyerId.trim()}`
    identities.push({ kind: 'PARTNER_CUSTOMER', value })
    if (phoneHash) identities.push({ kind: 'PHONE_HASH', scope: recipeOf(brand.trim()), value: phoneHash })
  }
  if (store) identities.push({ kind: 'CARD', value: store.cardNumber })
  return identities
}
