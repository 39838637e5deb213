import type { Messages } from '../../../kernel/graphql/refusal.ts'

/** What callers' people read when something was refused. */
export const messages: Messages = {
  IDEMPOTENCY_KEY_REUSED: {
    en: 'This idempotency key was used before with another input.',
    'zh-CN': '该幂等键已用于其他请求内容。',
  },
  CAMPAIGN_NOT_FOUND: { en: 'The programme has no such campaign.', 'zh-CN': '该会员计划没有此活动。' },
  CAMPAIGN_NOT_LIVE: { en: 'This campaign is not running.', 'zh-CN': '该活动不在进行中。' },
  TASK_NOT_COMPLETABLE: {
    en: 'This campaign is no task that can be completed.',
    'zh-CN': '该活动不是可完成的任务。',
  },
  DAILY_LIMIT_REACHED: {
    en: 'The limit of this task is reached: {perDay} a day.',
    'zh-CN': '该任务已达上限：每天 {perDay} 次。',
  },
  YEARLY_LIMIT_REACHED: {
    en: 'The limit of this task is reached: {perYear} a year.',
    'zh-CN': '该任务已达上限：每年 {perYear} 次。',
  },
}
