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
}

export const KINDS: Readonly<Record<IdentityKind, KindRule>> = {
  PHONE: { scoped: false, personal: true, single: false, passesOn: true },
  PHONE_HASH: { scoped: true, personal: true, single: false, passesOn: true },
  WECHAT_UNIONID: { scoped: false, personal: true, single: true, passesOn: false },
  WECHAT_OPENID: { scoped: true, personal: true, single: true, passesOn: false },
  APP_USER: { scoped: true, personal: false, single: false, passesOn: false },
  CARD: { scoped: false, personal: true, single: false, passesOn: false },
  PARTNER_CUSTOMER: { scoped: true, personal: true, single: false, passesOn: false },
  SERIAL: { scoped: true, personal: true, single: false, passesOn: false },
  EXTERNAL: { scoped: true, personal: false, single: false, passesOn: false },
  COMPANY: { scoped: false, personal: false, single: false, passesOn: false },
  MEMBER_NUMBER: { scoped: false, personal: false, single: true, passesOn: false },
}
