import type { Messages } from '../../../kernel/graphql/refusal.ts'

/** What callers' people read when something was refused. */
export const messages: Messages = {
  IDEMPOTENCY_KEY_REUSED: {
    en: 'This idempotency key was used before with another input.',
    'zh-CN': '该幂等键已用于其他请求内容。',
  },
  ENTITLEMENT_NOT_FOUND: {
    en: 'This code is not known here.',
    'zh-CN': '此处查不到该权益码。',
  },
  STORE_NOT_ALLOWED: {
    en: 'This benefit is not given in this store.',
    'zh-CN': '该权益不适用于本门店。',
  },
  ENTITLEMENT_REVOKED: { en: 'This entitlement was revoked.', 'zh-CN': '该权益已被撤销。' },
  ENTITLEMENT_NOT_YET_VALID: { en: 'This entitlement is not valid yet.', 'zh-CN': '该权益尚未生效。' },
  ENTITLEMENT_EXPIRED: { en: 'This entitlement has expired.', 'zh-CN': '该权益已过期。' },
  ENTITLEMENT_USED_UP: { en: 'This entitlement is used up.', 'zh-CN': '该权益已用完。' },
  WRITE_OFF_NOT_FOUND: { en: 'There is no such write-off.', 'zh-CN': '没有该核销记录。' },
  WRITE_OFF_ALREADY_REVERSED: {
    en: 'This write-off was reversed before.',
    'zh-CN': '该核销已被撤回。',
  },
  REVERSAL_WINDOW_OVER: {
    en: 'A write-off can be reversed for 24 hours only.',
    'zh-CN': '核销仅可在24小时内撤回。',
  },
  MEMBER_NOT_FOUND: { en: 'There is no such member.', 'zh-CN': '没有该会员。' },
  BENEFIT_NOT_FOUND: { en: 'The programme has no such benefit.', 'zh-CN': '该会员计划没有此权益。' },
  BENEFIT_DELISTED: {
    en: 'The programme does not give this benefit any more.',
    'zh-CN': '该会员计划已下架此权益。',
  },
  USES_NOT_POSITIVE: { en: 'Grant at least one use.', 'zh-CN': '发放次数至少为一次。' },
}
