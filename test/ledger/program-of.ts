import { compileProgram, type Program } from '../../subgraphs/ledger/domain/program.ts'
import { readProgram } from '../../subgraphs/ledger/domain/read-program.ts'
import { superMember } from './open-ledger.ts'

export type Replacement = readonly [old: string, fresh: string]

/** The `super-member` document with some of its text replaced; each piece must stand in it. */
export function documentWith(...replacements: readonly Replacement[]): string {
  return replacements.reduce((text, [old, fresh]) => {
    if (!text.includes(old)) throw new Error(`super-member.yaml has no ${JSON.stringify(old)}`)
    return text.replace(old, fresh)
  }, superMember)
}

/** The same, ready to decide by. */
export function programWith(...replacements: readonly Replacement[]): Program {
  const { document, faults } = readProgram(documentWith(...replacements))
  if (!document) throw new Error(JSON.stringify(faults))
  return compileProgram(1, document)
}

/** The rules of `super-member` give way to others, in YAML. */
export const withRules = (rules: string): Replacement => [
  superMember.slice(superMember.indexOf('earn:'), superMember.indexOf('tiers:')),
  `earn:\n${rules}\n`,
]

export const withDowngrade = (policy: string): Replacement => ['downgrade: to-fit', `downgrade: ${policy}`]

const validityOf = (asset: 'points' | 'growth', validity: string): Replacement => [
  `${asset}:\n  validity: { kind: rolling, months: 12 }`,
  `${asset}:\n  validity: ${validity}`,
]

export const withPointsValidity = (validity: string): Replacement => validityOf('points', validity)
export const withGrowthValidity = (validity: string): Replacement => validityOf('growth', validity)
