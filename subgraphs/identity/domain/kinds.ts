/**
 * What an identifier is. `MEMBER_NUMBER` is given by us, `COMPANY` leads to whoever collects for the company at the time;
 * all others come from outside and are bound. `PHONE_HASH` stands for a phone of which nobody but a marketplace knows the number.
 */
export type IdentityKind =
  | 'PHONE'
  | 'PHONE_HASH'
  | 'WECHAT_UNIONID'
  | 'WECHAT_OPENID'
  | 'APP_USER'
  | 'CARD'
  | 'PARTNER_CUSTOMER'
  | 'SERIAL'
  | 'EXTERNAL'
  | 'COMPANY'
  | 'MEMBER_NUMBER'

/** Where somebody meets the brand. */
export type Channel = 'APP' | 'WECHAT' | 'STORE' | 'PARTNER' | 'WEB' | 'IMPORT'

interface KindRule {
  /** Two scopes may use one value for two people: an app's openid, a partner's customer number. */
  readonly scoped: boolean
  /**
   * Names a person to others than ourselves, so it is encrypted. The rest are keys of our own channels and sources,
   * kept in clear: encrypting them would cost the import of history a data key per row and hide nothing.
   */
  readonly personal: boolean
  /** A person has one of it per scope; a second one means that two people were taken for one. */
  readonly single: boolean
  /** May be somebody else's one day: carriers give numbers to new people. */
  readonly passesOn: boolean
  /** A file of the past may bring it. The others are given by us, follow from something else, or stand for what a file has itself. */
  readonly fromFiles: boolean
}

export const KINDS: Readonly<Record<IdentityKind, KindRule>> = {
  PHONE: { scoped: false, personal: true, single: false, passesOn: true, fromFiles: true },
  PHONE_HASH: { scoped: true, personal: true, single: false, passesOn: true, fromFiles: false },
  WECHAT_UNIONID: { scoped: false, personal: true, single: true, passesOn: false, fromFiles: true },
  WECHAT_OPENID: { scoped: true, personal: true, single: true, passesOn: false, fromFiles: true },
  APP_USER: { scoped: true, personal: false, single: false, passesOn: false, fromFiles: true },
  CARD: { scoped: false, personal: true, single: false, passesOn: false, fromFiles: true },
  PARTNER_CUSTOMER: { scoped: true, personal: true, single: false, passesOn: false, fromFiles: true },
  SERIAL: { scoped: true, personal: true, single: false, passesOn: false, fromFiles: true },
  EXTERNAL: { scoped: true, personal: false, single: false, passesOn: false, fromFiles: true },
  COMPANY: { scoped: false, personal: false, single: false, passesOn: false, fromFiles: false },
  MEMBER_NUMBER: { scoped: false, personal: false, single: true, passesOn: false, fromFiles: false },
}
