import type { Messages } from '../../../kernel/graphql/refusal.ts'
import type { DecisionRefusal } from './adjustment-rules.ts'
import type { PostingRefusal } from './posting.ts'

/** In order of precedence; the SDL's enum, name for name. */
export type LedgerRefusalCode =
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'PROGRAM_NOT_FOUND'
  | 'MEMBER_NOT_FOUND'
  | PostingRefusal
  | 'TRANSFER_TO_SELF'
  | 'NOT_IN_HOUSEHOLD'
  | DecisionRefusal
  | 'TERMINAL_NOT_KNOWN'
  | 'SIGNATURE_NOT_VALID'
  | 'BATCH_NOT_VALID'
  | 'SEQUENCE_REUSED'
  | 'FLAG_NOT_FOUND'
  | 'FLAG_RESOLVED'
  | 'NOT_RECORDED'
  | 'DOCUMENT_NOT_VALID'
  | 'VERSION_NOT_HIGHER'

export const messages = {
  IDEMPOTENCY_KEY_REUSED: {
    en: 'The idempotency key was used before for something else.',
    'zh-CN': '该幂等键已用于其他请求。',
  },
  PROGRAM_NOT_FOUND: { en: 'There is no such programme.', 'zh-CN': '会员计划不存在。' },
  MEMBER_NOT_FOUND: { en: 'There is no such member.', 'zh-CN': '会员不存在。' },
  TERMINAL_NOT_KNOWN: {
    en: 'No such terminal may hand in batches.',
    'zh-CN': '该终端不存在或已停用。',
  },
  SIGNATURE_NOT_VALID: { en: 'The signature does not fit.', 'zh-CN': '签名无效。' },
  BATCH_NOT_VALID: { en: 'This is not a batch: {fault}', 'zh-CN': '离线批次无效：{fault}' },
  SEQUENCE_REUSED: {
    en: 'The terminal has used sequence number {sequence} for something else.',
    'zh-CN': '该终端的序号 {sequence} 已用于其他记录。',
  },
  ADJUSTMENT_NOT_FOUND: { en: 'There is no such request.', 'zh-CN': '调整申请不存在。' },
  SAME_PERSON: {
    en: 'Whoever asked for an adjustment cannot decide it.',
    'zh-CN': '申请人不能审批自己的调整申请。',
  },
  ADJUSTMENT_ENDED: { en: 'Nobody decided this request in time.', 'zh-CN': '该调整申请已过期。' },
  ADJUSTMENT_DECIDED: {
    en: 'This request was decided by {by}: {state}.',
    'zh-CN': '该调整申请已由 {by} 处理：{state}。',
  },
  FLAG_NOT_FOUND: { en: 'There is no such flag.', 'zh-CN': '预警记录不存在。' },
  FLAG_RESOLVED: { en: 'The flag was closed by {by}: {state}.', 'zh-CN': '该预警已由 {by} 处理：{state}。' },
  DOCUMENT_CONFLICT: {
    en: 'The channel has sent document {number} before, with other contents or for another member.',
    'zh-CN': '该渠道已提交过单据 {number}，但内容或会员不同。',
  },
  VELOCITY_EXCEEDED: {
    en: 'Too often: {limit} allows {most}. Open again: {opensAt}.',
    'zh-CN': '操作过于频繁：{limit} 限制为 {most}。重新开放时间：{opensAt}。',
  },
  STORED_VALUE_NOT_OFFERED: {
    en: 'This programme keeps no prepaid money.',
    'zh-CN': '该会员计划不支持储值。',
  },
  PLAN_NOT_KNOWN: { en: 'This programme has no such plan.', 'zh-CN': '该会员计划没有此分期方案。' },
  WITHDRAWAL_NOT_OFFERED: {
    en: 'This programme does not pay prepaid money back.',
    'zh-CN': '该会员计划不支持储值退款。',
  },
  SYNC_NOT_OFFERED: {
    en: 'This programme takes no balances from this channel.',
    'zh-CN': '该会员计划不接受此渠道的余额同步。',
  },
  SYNC_OUT_OF_DATE: {
    en: 'A later balance is agreed on: {agreed}.',
    'zh-CN': '已有更新的同步结果，双方余额为 {agreed}。',
  },
  BALANCE_DIVERGED: {
    en: 'The channel set out from another figure; {agreed} is agreed on.',
    'zh-CN': '渠道的起始余额与我方不符，双方余额为 {agreed}。',
  },
  SYNC_TOO_LARGE: {
    en: 'One sync may change a balance by at most {most}.',
    'zh-CN': '单次同步的变动不得超过 {most}。',
  },
  TRANSFER_NOT_OFFERED: {
    en: 'Members of this programme cannot send points to each other.',
    'zh-CN': '该会员计划不支持积分转赠。',
  },
  TRANSFER_TO_SELF: { en: 'Points are sent to another member.', 'zh-CN': '不能将积分转赠给自己。' },
  NOT_IN_HOUSEHOLD: {
    en: 'Points can be sent within a household only.',
    'zh-CN': '积分仅可在家庭成员之间转赠。',
  },
  PURCHASE_NOT_FOUND: { en: 'There is no such purchase.', 'zh-CN': '消费单不存在。' },
  HOLD_NOT_FOUND: { en: 'There is no such hold.', 'zh-CN': '冻结记录不存在。' },
  ACTIVITY_NOT_KNOWN: {
    en: 'This programme knows no activity {code}.',
    'zh-CN': '该会员计划没有活动 {code}。',
  },
  LINES_MISSING: { en: 'A purchase needs at least one line.', 'zh-CN': '消费单至少要有一行。' },
  LINE_NOT_FOUND: { en: 'The purchase has no such line.', 'zh-CN': '消费单没有该行。' },
  AMOUNT_NOT_VALID: {
    en: 'An amount must not be negative, be too large or have more decimals than the currency.',
    'zh-CN': '金额不能为负，不能过大，小数位数不能超过币种精度。',
  },
  AMOUNT_NOT_OF_PLAN: { en: 'The plan has another amount.', 'zh-CN': '金额与分期方案不符。' },
  TOP_UP_OUT_OF_BOUNDS: {
    en: 'A single top-up cannot be so small or so large.',
    'zh-CN': '单次充值金额超出允许范围。',
  },
  QUANTITY_NOT_POSITIVE: { en: 'A quantity must be at least 1.', 'zh-CN': '数量至少为 1。' },
  OCCURRED_IN_FUTURE: { en: 'It cannot have happened yet.', 'zh-CN': '发生时间不能晚于当前时间。' },
  RETURNED_BEFORE_PURCHASE: {
    en: 'It cannot come back before it was bought.',
    'zh-CN': '退货时间不能早于购买时间。',
  },
  RETURN_WINDOW_OVER: {
    en: 'It could be returned until {lastDay}.',
    'zh-CN': '已超过退货期限（{lastDay}）。',
  },
  ALREADY_RETURNED: { en: 'It has been returned before.', 'zh-CN': '该商品已退货。' },
  EXCEEDS_PURCHASE: {
    en: 'It is more than was bought and is left.',
    'zh-CN': '退货超过剩余的购买数量或金额。',
  },
  CAP_REACHED: {
    en: 'The limit {cap} of {limit} is reached. Open again: {opensAt}.',
    'zh-CN': '已达到上限 {cap}（{limit}）。重新开放时间：{opensAt}。',
  },
  POINTS_NOT_POSITIVE: { en: 'Points must be at least 1.', 'zh-CN': '积分至少为 1。' },
  GROWTH_NOT_POSITIVE: { en: 'Growth must be at least 1.', 'zh-CN': '成长值至少为 1。' },
  TRANSFER_LIMIT_REACHED: {
    en: 'A member may send {limit} points a year; {left} are left.',
    'zh-CN': '每年最多可转赠 {limit} 积分，剩余 {left}。',
  },
  LAPSE_NOT_VALID: {
    en: 'A hold must lapse later than now, and within 366 days.',
    'zh-CN': '冻结的失效时间必须晚于当前时间，且不超过 366 天。',
  },
  HOLD_CLOSED: { en: 'The hold has ended: {by}.', 'zh-CN': '冻结已结束：{by}。' },
  EXCEEDS_HOLD: { en: 'Only {held} points are still held.', 'zh-CN': '仅剩 {held} 积分处于冻结中。' },
  BURN_NOT_OFFERED: {
    en: 'This programme does not take points for money.',
    'zh-CN': '该会员计划不支持积分抵现。',
  },
  BELOW_MINIMUM_SPEND: {
    en: 'The bill is below the minimum for paying with points.',
    'zh-CN': '账单未达到积分抵现的最低消费。',
  },
  TIER_NOT_KNOWN: { en: 'This programme has no tier {tier}.', 'zh-CN': '该会员计划没有等级 {tier}。' },
  TIER_NOT_REQUESTED: {
    en: 'The member has not asked for tier {tier}, or it is decided.',
    'zh-CN': '该会员没有待审批的等级 {tier} 申请。',
  },
  REWARD_NOT_FOUND: { en: 'There is no such reward.', 'zh-CN': '兑换项不存在。' },
  REWARD_NOT_FOR_TIER: {
    en: 'This reward is not for members of this tier.',
    'zh-CN': '该兑换项不适用于当前等级。',
  },
  TIER_NOT_HIGHER: {
    en: 'The member has this tier or a higher one already.',
    'zh-CN': '会员已处于该等级或更高等级。',
  },
  NOT_PAYABLE_WITH_POINTS: {
    en: 'Nothing on this bill can be paid with points.',
    'zh-CN': '该账单没有可用积分支付的项目。',
  },
  BELOW_MINIMUM_POINTS: {
    en: 'So few points are not taken at a time.',
    'zh-CN': '积分数低于单次使用的最低要求。',
  },
  NOT_A_MULTIPLE: {
    en: 'Points are taken in multiples of {multiple}.',
    'zh-CN': '积分须为 {multiple} 的整数倍。',
  },
  EXCEEDS_SHARE: {
    en: 'Points may pay a smaller share of the bill only.',
    'zh-CN': '积分抵扣超过账单允许的比例。',
  },
  POINTS_NOT_CONVERTIBLE: {
    en: 'So many points are not worth a whole number of the smallest coin.',
    'zh-CN': '该积分数无法折算为整数金额。',
  },
  EXCEEDS_BILL: { en: 'The points are worth more than the bill.', 'zh-CN': '抵扣金额超过账单金额。' },
  INSUFFICIENT_POINTS: {
    en: 'There are not enough points: {available} are available.',
    'zh-CN': '积分不足：可用 {available}。',
  },
  INSUFFICIENT_GROWTH: {
    en: 'There is not so much growth: {available} is left.',
    'zh-CN': '成长值不足：剩余 {available}。',
  },
  INSUFFICIENT_STORED_VALUE: {
    en: 'There is not enough prepaid money.',
    'zh-CN': '储值余额不足。',
  },
  NOTHING_PENDING: { en: 'Nothing of this plan is still to come.', 'zh-CN': '该方案没有待到账的金额。' },
  NOT_RECORDED: {
    en: 'This purchase could not be recorded; send it again.',
    'zh-CN': '该笔消费未能入账，请重新提交。',
  },
  DOCUMENT_NOT_VALID: {
    en: 'The program document is not valid: line {line}, {fault}',
    'zh-CN': '会员计划文件无效：第 {line} 行，{fault}',
  },
  VERSION_NOT_HIGHER: {
    en: 'Version {published} is published already; a changed document needs a higher version.',
    'zh-CN': '已发布版本 {published}；修改后的文件需要更高的版本号。',
  },
} satisfies Record<LedgerRefusalCode, Messages[string]>
