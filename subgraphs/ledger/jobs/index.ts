import type { Job } from '../../../kernel/jobs/define-job.ts'
import type { Listener } from '../../../kernel/subgraph.ts'
import type { LedgerContext } from '../context.ts'
import { onMultiplierChanged } from './on-multiplier-changed.ts'
import { settleDueJob } from './settle-due.ts'

export const jobs = [settleDueJob] as unknown as readonly Job<LedgerContext>[]

export const listeners: readonly Listener<LedgerContext>[] = [onMultiplierChanged]
