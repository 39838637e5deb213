import type { ProgramAdopted } from './program.ts'

/** A multiplier of purchase points is in force, changed or withdrawn; `ledger` keeps the list that it applies. */
export interface MultiplierChanged {
  readonly program: string
  readonly campaign: string
  readonly active: boolean
  /** The first moment, and the first moment after; ISO 8601. */
  readonly from: string
  readonly until: string
  readonly factor: string
  readonly when: string | null
}

export interface TaskCompleted {
  readonly program: string
  readonly campaign: string
  readonly participationId: string
  /** The id under which it lies: the event's member, or one that was merged into it. Absent in events of before. */
  readonly holderId?: string
}

export interface CampaignsEvents {
  readonly 'campaigns.ProgramAdopted': ProgramAdopted
  readonly 'campaigns.MultiplierChanged': MultiplierChanged
  readonly 'campaigns.TaskCompleted': TaskCompleted
}
