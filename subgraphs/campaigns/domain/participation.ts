import type { MemberId } from '../../../kernel/values/ids.ts'
import type { Instant, LocalDate } from '../../../kernel/values/instant.ts'

/** One completion of a task by one member. */
export interface Participation {
  /** Under which id it lies: that of its member, or of one who was merged into it. */
  readonly memberId: MemberId
  readonly id: string
  readonly program: string
  readonly campaign: string
  readonly campaignVersion: number
  /** In the programme's time zone. */
  readonly day: LocalDate
  /** Of its day, from 1. */
  readonly number: number
  readonly points: bigint
  readonly occurredAt: Instant
  readonly rewardedAt: Instant | undefined
  /** The ledger's reason for giving no points. */
  readonly refusalCode: string | undefined
  /** The merge for as long as which its points do not count, since the person had them from before. */
  readonly setAsideBy: string | undefined
}

export type ParticipationState = 'PENDING' | 'REWARDED' | 'REFUSED' | 'SET_ASIDE'

/** What became of its points. */
export function stateOf(
  participation: Pick<Participation, 'rewardedAt' | 'refusalCode' | 'setAsideBy'>,
): ParticipationState {
  if (participation.setAsideBy !== undefined) return 'SET_ASIDE'
  if (participation.rewardedAt !== undefined) return 'REWARDED'
  return participation.refusalCode === undefined ? 'PENDING' : 'REFUSED'
}
