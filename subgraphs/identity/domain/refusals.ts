import type { Messages } from '../../../kernel/graphql/refusal.ts'

/** Why a mutation of this subgraph did not happen, in order of precedence. */
export const REFUSALS = {
  IDEMPOTENCY_KEY_REUSED: {
    en: 'This idempotency key was used for another request.',
    'zh-CN': '该幂等键已用于另一个请求。',
  },
  PHONE_NOT_VALID: { en: 'This is not a phone number.', 'zh-CN': '手机号码无效。' },
  PROFILE_NOT_VALID: { en: 'The field {field} is not valid.', 'zh-CN': '资料字段 {field} 无效。' },
  IDENTIFIER_NOT_VALID: {
    en: 'An identifier is not valid, or there are none or too many.',
    'zh-CN': '标识无效，或数量不符合要求。',
  },
  TAG_NOT_VALID: { en: 'A tag is not valid.', 'zh-CN': '标签无效。' },
  TAG_NOT_DECLARED: {
    en: 'The programme declares the tags of this dimension, and this is none of them.',
    'zh-CN': '该维度下未声明此标签。',
  },
  TAG_SOURCE_NOT_ALLOWED: {
    en: 'This source may not set this tag.',
    'zh-CN': '该来源无权设置此标签。',
  },
  PROGRAM_NOT_FOUND: { en: 'There is no such programme.', 'zh-CN': '会员计划不存在。' },
  ATTRIBUTE_NOT_DECLARED: {
    en: 'The programme declares no attribute {attribute}.',
    'zh-CN': '会员计划未声明属性 {attribute}。',
  },
  ATTRIBUTE_NOT_ALLOWED: {
    en: 'The caller may not set the attribute {attribute}.',
    'zh-CN': '调用方无权设置属性 {attribute}。',
  },
  ATTRIBUTE_NOT_VALID: {
    en: 'The value of the attribute {attribute} is not valid ({reason}).',
    'zh-CN': '属性 {attribute} 的值无效（{reason}）。',
  },
  SERIAL_NOT_VALID: {
    en: 'This is not a serial or vehicle identification number ({reason}).',
    'zh-CN': '序列号或车辆识别代号无效（{reason}）。',
  },
  PRODUCT_NOT_VALID: { en: 'The field {field} is not valid.', 'zh-CN': '字段 {field} 无效。' },
  CONSENT_NOT_VALID: {
    en: 'A consent needs channels and the version of the policy.',
    'zh-CN': '授权须包含渠道和政策版本。',
  },
  QUIET_HOURS_NOT_VALID: { en: 'These quiet hours are not valid.', 'zh-CN': '免打扰时段无效。' },
  ASSERTION_NOT_ALLOWED: {
    en: 'The caller may not vouch for an identifier of kind {kind}.',
    'zh-CN': '调用方无权担保 {kind} 类型的标识。',
  },
  CODE_DELIVERY_UNAVAILABLE: {
    en: 'One-time codes cannot be delivered now.',
    'zh-CN': '验证码暂时无法发送。',
  },
  CODE_RATE_LIMITED: {
    en: 'Too many codes or tries. Ask again in {retryAfterSeconds} seconds.',
    'zh-CN': '验证码请求过于频繁，请在 {retryAfterSeconds} 秒后重试。',
  },
  WECHAT_UNAVAILABLE: {
    en: 'WeChat does not answer now. Try again.',
    'zh-CN': '微信服务暂时不可用，请稍后重试。',
  },
  WECHAT_CODE_NOT_VALID: {
    en: 'WeChat does not accept this code; it may have been used.',
    'zh-CN': '微信登录凭证无效或已使用。',
  },
  CODE_TRIES_EXHAUSTED: {
    en: 'The code was tried too often. Ask for a new one.',
    'zh-CN': '验证码尝试次数过多，请重新获取。',
  },
  CODE_EXPIRED: { en: 'The code has expired. Ask for a new one.', 'zh-CN': '验证码已过期，请重新获取。' },
  CODE_NOT_VALID: { en: 'The code is not right.', 'zh-CN': '验证码不正确。' },
  REASON_NOT_VALID: { en: 'Say why, in up to 500 characters.', 'zh-CN': '请说明原因，最多 500 个字符。' },
  ERASURE_NOT_CONFIRMED: {
    en: 'The number is not that of the member who is to be erased.',
    'zh-CN': '会员号与待删除的会员不符。',
  },
  IDENTITY_ERASED: {
    en: 'The data of the person with this identifier was erased.',
    'zh-CN': '该标识对应的个人信息已被删除。',
  },
  IDENTIFIER_NOT_VERIFIED: {
    en: 'At least one verified identifier is needed.',
    'zh-CN': '至少需要一个已验证的标识。',
  },
  IDENTITY_CONFLICT: {
    en: 'These identifiers belong to different members.',
    'zh-CN': '这些标识属于不同的会员。',
  },
  MEMBER_NOT_FOUND: { en: 'There is no such member.', 'zh-CN': '会员不存在。' },
  IDENTITY_NOT_FOUND: { en: 'The member has no such identifier.', 'zh-CN': '该会员没有此标识。' },
  IDENTITY_OF_PRODUCT: {
    en: 'A serial goes with its product.',
    'zh-CN': '产品序列号只能随产品一同变更。',
  },
  LAST_IDENTIFIER: {
    en: 'Nothing else leads to the member.',
    'zh-CN': '这是该会员的最后一个标识，不能移除。',
  },
  CONFLICT_NOT_FOUND: { en: 'There is no such conflict.', 'zh-CN': '冲突记录不存在。' },
  CONFLICT_ALREADY_RESOLVED: { en: 'This conflict is resolved.', 'zh-CN': '该冲突已处理。' },
  CONFLICT_NOT_OF_TWO: {
    en: 'Who claims the identifier is no member yet, so there is nobody to merge.',
    'zh-CN': '主张该标识的人尚不是会员，无法合并。',
  },
  MERGE_NOT_FOUND: { en: 'There is no such merge.', 'zh-CN': '合并记录不存在。' },
  MERGE_WITH_ITSELF: { en: 'Both ids lead to one member.', 'zh-CN': '两个编号指向同一会员。' },
  MERGE_IN_PROGRESS: {
    en: 'One of the members is being merged or unmerged now.',
    'zh-CN': '其中一位会员正在合并或拆分中。',
  },
  MERGE_ALREADY_UNDONE: { en: 'This merge was undone before.', 'zh-CN': '该合并已被撤销。' },
  PRODUCT_NOT_FOUND: { en: 'The member has no such product.', 'zh-CN': '该会员名下没有此产品。' },
  PRODUCT_ALREADY_REGISTERED: {
    en: 'The product is registered to this member already.',
    'zh-CN': '该产品已登记在此会员名下。',
  },
  PRODUCT_OWNED_BY_ANOTHER: {
    en: 'The product is registered to another member.',
    'zh-CN': '该产品已登记在其他会员名下。',
  },
  REFRESH_TOKEN_NOT_VALID: { en: 'Please sign in again.', 'zh-CN': '登录已失效，请重新登录。' },
  REFRESH_TOKEN_REUSED: {
    en: 'This refresh token was used before; the session has been ended for safety.',
    'zh-CN': '刷新令牌被重复使用，为安全起见会话已终止。',
  },
  SESSION_NOT_FOUND: { en: 'There is no such session.', 'zh-CN': '会话不存在。' },
  APPLICATION_NOT_VALID: {
    en: 'The field {field} of the application is not valid.',
    'zh-CN': '申请字段 {field} 无效。',
  },
  APPLICATION_NOT_FOUND: { en: 'There is no such application.', 'zh-CN': '申请不存在。' },
  APPLICATION_OPEN: {
    en: 'An application of this kind waits to be decided.',
    'zh-CN': '已有同类申请待审核。',
  },
  APPLICATION_DECIDED: { en: 'The application is {state}.', 'zh-CN': '该申请已处理（{state}）。' },
  REVIEWER_NOT_ALLOWED: {
    en: 'Nobody decides what it handed in itself.',
    'zh-CN': '提交人不能审核自己的申请。',
  },
  GUIDE_NOT_FOUND: { en: 'There is no such guide.', 'zh-CN': '导购不存在。' },
  COMPANY_NOT_VALID: {
    en: 'The field {field} of the company is not valid.',
    'zh-CN': '企业字段 {field} 无效。',
  },
  HOUSEHOLD_NOT_VALID: {
    en: 'A household needs a name of up to 32 characters.',
    'zh-CN': '家庭名称须为 1 至 32 个字符。',
  },
  HOUSEHOLD_NOT_FOUND: { en: 'The member owns no household.', 'zh-CN': '该会员没有可管理的家庭。' },
  INVITATION_NOT_VALID: {
    en: 'The invitation is not valid, has run out or was used.',
    'zh-CN': '邀请无效、已过期或已使用。',
  },
  ALREADY_IN_HOUSEHOLD: { en: 'The member belongs to a household already.', 'zh-CN': '该会员已加入家庭。' },
  HOUSEHOLD_FULL: { en: 'The household is full.', 'zh-CN': '家庭人数已满。' },
  GROUP_NOT_VALID: { en: 'The field {field} of the group is not valid.', 'zh-CN': '社群字段 {field} 无效。' },
  GROUP_EXISTS: { en: 'This group is registered already.', 'zh-CN': '该社群已登记。' },
  GROUP_NOT_FOUND: { en: 'There is no such group.', 'zh-CN': '社群不存在。' },
  GROUP_DECIDED: { en: 'The group is {state}.', 'zh-CN': '该社群已处理（{state}）。' },
  NODE_NOT_VALID: {
    en: 'The field {field} of the node is not valid.',
    'zh-CN': '组织节点字段 {field} 无效。',
  },
  NODE_NOT_FOUND: { en: 'There is no such node of the organisation.', 'zh-CN': '组织节点不存在。' },
  NODE_IN_USE: {
    en: 'Something is open below this node, or somebody is placed at it.',
    'zh-CN': '该节点下仍有未关闭的节点或在职人员。',
  },
  STAFF_NOT_VALID: {
    en: 'The field {field} of the account is not valid.',
    'zh-CN': '员工账号字段 {field} 无效。',
  },
  PASSWORD_NOT_VALID: {
    en: 'A password has 12 to 128 characters, five of them different, and not the login in it.',
    'zh-CN': '密码须为 12 至 128 个字符，至少含 5 个不同字符，且不得包含登录名。',
  },
  STAFF_EXISTS: {
    en: 'Login or OpenID subject is that of another account.',
    'zh-CN': '登录名或 OpenID 已被占用。',
  },
  STAFF_NOT_FOUND: { en: 'There is no such account.', 'zh-CN': '员工账号不存在。' },
  STAFF_LOCKED: {
    en: 'Too many tries. Try again in {retryAfterSeconds} seconds.',
    'zh-CN': '尝试次数过多，请在 {retryAfterSeconds} 秒后重试。',
  },
  OPEN_ID_UNAVAILABLE: {
    en: 'The OpenID provider does not answer, or none is set up.',
    'zh-CN': 'OpenID 服务不可用或未配置。',
  },
  ID_TOKEN_NOT_VALID: { en: 'The ID token is not valid, or was used.', 'zh-CN': 'ID 令牌无效或已使用。' },
  STAFF_SIGN_IN_REFUSED: {
    en: 'Login, password or one-time code is not right.',
    'zh-CN': '登录名、密码或动态验证码不正确。',
  },
  CLIENT_NOT_VALID: { en: 'The client id or secret is not right.', 'zh-CN': '客户端标识或密钥不正确。' },
  CLIENT_EXISTS: { en: 'There is a client of this id.', 'zh-CN': '该客户端标识已存在。' },
  SANDBOX_ONLY: { en: 'This exists in the sandbox only.', 'zh-CN': '该功能仅在沙箱环境中可用。' },
  SEGMENT_NOT_FOUND: { en: 'There is no such segment.', 'zh-CN': '人群不存在。' },
  SEGMENT_CHANGED: {
    en: 'The segment was changed meanwhile; it is at version {version}.',
    'zh-CN': '人群已被他人修改，当前版本为 {version}。',
  },
  SEGMENT_NOT_VALID: { en: 'The field {field} is not valid.', 'zh-CN': '字段 {field} 无效。' },
  CONDITION_NOT_VALID: {
    en: 'Line {line}, column {column}: {message}.',
    'zh-CN': '第 {line} 行第 {column} 列：{message}。',
  },
  SEGMENT_CYCLE: { en: '{message}.', 'zh-CN': '人群循环引用：{message}。' },
  SEGMENT_IN_USE: { en: 'The segment {by} is built on it.', 'zh-CN': '人群 {by} 正在引用它。' },
} satisfies Messages

export type IdentityRefusalCode = keyof typeof REFUSALS
