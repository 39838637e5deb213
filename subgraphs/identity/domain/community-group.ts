import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import { checkText } from './text.ts'

export type GroupPlatform = 'WECHAT' | 'WECOM'
export type GroupState = 'SUBMITTED' | 'APPROVED' | 'REFUSED' | 'CLOSED'

export interface CommunityGroup {
  readonly id: string
  readonly name: string
  readonly platform: GroupPlatform
  readonly platformId: string
  /** Who on the staff leads it. */
  readonly owner: string
  readonly node: string | undefined
  readonly purpose: string
  readonly state: GroupState
  readonly registeredBy: string
  readonly decisionReason: string | undefined
}

const NAME_MAX = 64
const PURPOSE_MAX = 500
const PLATFORM_ID = /^[\w@.-]{1,128}$/

export function checkGroup(given: {
  name: string
  purpose: string
  platformId: string
}): Result<typeof given, 'GROUP_NOT_VALID'> {
  const notValid = (field: string) => fail('GROUP_NOT_VALID', { path: [field], details: { field } })
  const name = checkText(given.name, NAME_MAX)
  if (!name.ok) return notValid('name')
  const purpose = checkText(given.purpose, PURPOSE_MAX)
  if (!purpose.ok) return notValid('purpose')
  const platformId = given.platformId.trim()
  return PLATFORM_ID.test(platformId)
    ? ok({ name: name.value, purpose: purpose.value, platformId })
    : notValid('platformId')
}

/** May a group go from its state to this one? Nobody approves what it registered itself; a refusal has a reason. */
export function decideGroup(
  group: CommunityGroup | undefined,
  decision: { state: Exclude<GroupState, 'SUBMITTED'>; by: string; reason: string | undefined },
): Result<CommunityGroup, 'GROUP_NOT_VALID' | 'GROUP_NOT_FOUND' | 'GROUP_DECIDED' | 'REVIEWER_NOT_ALLOWED'> {
  const { state, by, reason } = decision
  if (state === 'REFUSED' && reason === undefined) {
    return fail('GROUP_NOT_VALID', { path: ['reason'], details: { field: 'reason' } })
  }
  if (!group) return fail('GROUP_NOT_FOUND', { path: ['id'] })
  const from = state === 'CLOSED' ? ['APPROVED', 'SUBMITTED'] : ['SUBMITTED']
  if (!from.includes(group.state))
    return fail('GROUP_DECIDED', { path: ['id'], details: { state: group.state } })
  if (state !== 'CLOSED' && by === group.registeredBy) return fail('REVIEWER_NOT_ALLOWED', { path: ['id'] })
  return ok(group)
}
