import type { BenefitDefinition } from '../../../schema/events/program.ts'

/** A benefit as one version of its programme defines it. */
export interface Benefit {
  readonly program: string
  /** The id within the programme. */
  readonly slug: string
  readonly version: number
  readonly definition: BenefitDefinition
  /** Whether the programme's current version has it too. */
  readonly listed: boolean
}

/** One benefit in all programmes: `super-member:birthday-cake`. */
export const benefitId = (program: string, slug: string): string => `${program}:${slug}`

/** Callers may name a benefit by its id, or by its slug where the programme is known otherwise. */
export function parseBenefitId(text: string): { program: string | undefined; slug: string } {
  const colon = text.indexOf(':')
  return colon < 0
    ? { program: undefined, slug: text }
    : { program: text.slice(0, colon), slug: text.slice(colon + 1) }
}
