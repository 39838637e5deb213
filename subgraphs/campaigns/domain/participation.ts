import type { MemberId } from '../../../kernel/values/ids.ts'
import type { Instant, LocalDate } from '../../../kernel/values/instant.ts'

/** One completion of a task by one member. */
export interface Participation {
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
}

export type ParticipationState = 'PENDING' | 'REWARDED' | 'REFUSED'

/** What became of its points. */
export function stateOf(
  participation: Pick<Participation, 'rewardedAt' | 'refusalCode'>,
): ParticipationState {
  if (participation.rewardedAt !== undefined) return 'REWARDED'
  return participation.refusalCode === undefined ? 'PENDING' : 'REFUSED'
}
