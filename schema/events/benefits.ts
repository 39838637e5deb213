import type { ProgramAdopted } from './program.ts'

export interface EntitlementGranted {
  readonly entitlementId: string
  readonly benefit: string
  readonly uses: number
}

export interface EntitlementWrittenOff {
  readonly entitlementId: string
  readonly writeOffId: string
  readonly benefit: string
  readonly partner: string | null
}

export interface BenefitsEvents {
  readonly 'benefits.ProgramAdopted': ProgramAdopted
  readonly 'benefits.EntitlementGranted': EntitlementGranted
  readonly 'benefits.EntitlementWrittenOff': EntitlementWrittenOff
}
