/** The names of `identity`'s `IdentityKind`, which a member may be named by here. */
export const IDENTITY_KINDS: ReadonlySet<string> = new Set([
  'PHONE',
  'PHONE_HASH',
  'WECHAT_UNIONID',
  'WECHAT_OPENID',
  'APP_USER',
  'CARD',
  'PARTNER_CUSTOMER',
  'SERIAL',
  'EXTERNAL',
  'COMPANY',
  'MEMBER_NUMBER',
])
