import { endOfDay, type Instant, type LocalDate, startOfDay } from '../../../kernel/values/instant.ts'
import type { CampaignDefinition, MultiplierDefinition } from '../../../schema/events/program.ts'

/** A campaign as its programme defines it, or did last. */
export interface Campaign {
  readonly program: string
  readonly timeZone: string
  /** The id within the programme. */
  readonly slug: string
  readonly version: number
  readonly definition: CampaignDefinition
  /** When a version of the programme came without it. */
  readonly withdrawnAt: Instant | undefined
}

export type CampaignState = 'SCHEDULED' | 'LIVE' | 'ENDED'

/** Whether it runs at a moment. A task runs for as long as its programme has it. */
export function stateOf({ definition, timeZone, withdrawnAt }: Campaign, now: Instant): CampaignState {
  if (withdrawnAt !== undefined) return 'ENDED'
  if (definition.kind === 'task') return 'LIVE'
  const { from, until } = boundsOf(definition, timeZone)
  if (now < from) return 'SCHEDULED'
  return now < until ? 'LIVE' : 'ENDED'
}

/** The first moment of a multiplier's days, and the first moment after them. */
export const boundsOf = (
  definition: MultiplierDefinition,
  timeZone: string,
): { from: Instant; until: Instant } => ({
  from: startOfDay(definition.from as LocalDate, timeZone),
  until: endOfDay(definition.to as LocalDate, timeZone),
})

/** One campaign in all programmes: `super-member:daily-sign-in`. */
export const campaignId = (program: string, slug: string): string => `${program}:${slug}`

/** Callers may name a campaign by its id, or by its slug where the programme is known otherwise. */
export function parseCampaignId(text: string): { program: string | undefined; slug: string } {
  const colon = text.indexOf(':')
  return colon < 0
    ? { program: undefined, slug: text }
    : { program: text.slice(0, colon), slug: text.slice(colon + 1) }
}
