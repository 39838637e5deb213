import type { Rounding } from '../../../kernel/values/points.ts'
import type { EarnedAsset } from './asset.ts'
import type { CountedOver } from './earn-periods.ts'
import type { StageMeasure } from './earn-stages.ts'
import type { Pending } from './validity.ts'

export type Each = 'event' | 'line' | 'quantity'

/** A rule by which purchases or activities earn, as it is written. */
export interface EarnRuleDocument {
  readonly id: string
  readonly on: 'purchase' | 'activity'
  /** The activities that it is for. */
  readonly activities?: readonly string[]
  readonly asset: EarnedAsset
  readonly award?: AwardDocument
  readonly multiplier?: string
  readonly rounding?: Rounding
  readonly round?: 'purchase' | 'line'
  /** First and last day in the programme's time zone, or instants: the first, and the first after. */
  readonly from?: string
  readonly until?: string
  readonly priority?: number
  readonly exclusive?: string
  readonly tags?: readonly string[]
  readonly pending?: Pending
  readonly when?: string
}

export interface AwardDocument {
  readonly points?: number
  readonly per?: string
  readonly each?: Each
  readonly of?: StageMeasure
  readonly in?: CountedOver
  readonly basis?: 'marginal' | 'whole'
  readonly stages?: readonly {
    readonly from: string | number
    readonly points: number
    readonly per?: string
  }[]
}

/** How much, or how often, some rules may give in a period. */
export interface CapDocument {
  readonly id: string
  readonly rules?: readonly string[]
  readonly tag?: string
  readonly per: CountedOver
  readonly points?: number
  readonly times?: number
  readonly over?: CapBehaviour
}

/** `clip`: less is given. `reject`: the command is refused. `carry-over`: later periods give the rest. */
export type CapBehaviour = 'clip' | 'reject' | 'carry-over'
