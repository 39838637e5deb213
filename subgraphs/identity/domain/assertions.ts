import type { Channel, IdentityKind } from './kinds.ts'
import type { Strength } from './one-id.ts'

/** Who says that an identifier was verified. */
export type Asserter =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'staff' }
  /** `recipes`: those by which it makes hashes of phones. */
  | { readonly kind: 'partner'; readonly partnerId: string; readonly recipes: readonly string[] }
  | { readonly kind: 'channel'; readonly channel: string }
  | { readonly kind: 'internal' }

type Believed = Partial<Record<IdentityKind, Exclude<Strength, 'proved' | 'unverified'>>>

const AT_THE_COUNTER: Believed = { PHONE: 'checked', CARD: 'checked', SERIAL: 'checked' }

const BY_CHANNEL: Partial<Record<Channel, Believed>> = {
  APP: { APP_USER: 'checked', PHONE: 'checked' },
  WEB: { APP_USER: 'checked', PHONE: 'checked' },
  WECHAT: { WECHAT_UNIONID: 'checked', WECHAT_OPENID: 'checked', PHONE: 'checked' },
  STORE: AT_THE_COUNTER,
}

const BY_PARTNER: Believed = { PARTNER_CUSTOMER: 'checked', PHONE: 'reported', PHONE_HASH: 'reported' }

const INTERNALLY: Believed = {
  ...AT_THE_COUNTER,
  WECHAT_UNIONID: 'checked',
  WECHAT_OPENID: 'checked',
  APP_USER: 'checked',
  PARTNER_CUSTOMER: 'checked',
  EXTERNAL: 'checked',
}

/** How far an asserter is believed about an identifier; `undefined`: not at all. */
export function strengthOfAssertion(
  asserter: Asserter,
  identifier: { readonly kind: IdentityKind; readonly scope: string },
): Strength | undefined {
  switch (asserter.kind) {
    case 'nobody':
      return undefined
    case 'staff':
      return AT_THE_COUNTER[identifier.kind]
    case 'partner':
      if (identifier.kind === 'PARTNER_CUSTOMER' && identifier.scope !== asserter.partnerId) return undefined
      if (identifier.kind === 'PHONE_HASH' && !asserter.recipes.includes(identifier.scope)) return undefined
      return BY_PARTNER[identifier.kind]
    case 'channel':
      return BY_CHANNEL[asserter.channel as Channel]?.[identifier.kind]
    case 'internal':
      return INTERNALLY[identifier.kind]
  }
}
