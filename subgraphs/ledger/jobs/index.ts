import type { Job } from '../../../kernel/jobs/define-job.ts'
import type { Listener } from '../../../kernel/subgraph.ts'
import type { LedgerContext } from '../context.ts'
import { applyTiersJob } from './apply-tiers.ts'
import { finishAdjustmentsJob } from './finish-adjustments.ts'
import { finishTransfersJob } from './finish-transfers.ts'
import { forwardLeftBehindJob } from './forward-left-behind.ts'
import { keepClearingJob } from './keep-clearing.ts'
import { onMembersActivated, onMembersRegistered } from './on-members-activated.ts'
import { onMembersEnter } from './on-members-enter.ts'
import { onMultiplierChanged } from './on-multiplier-changed.ts'
import { onMemberErased, onTagsChanged } from './on-tags-changed.ts'
import { remindOfExpiryJob } from './remind-of-expiry.ts'
import { settleDueJob } from './settle-due.ts'
import { sumDaysJob } from './sum-days.ts'
import { watchConductJob } from './watch-conduct.ts'

export const jobs = [
  settleDueJob,
  forwardLeftBehindJob,
  finishTransfersJob,
  finishAdjustmentsJob,
  watchConductJob,
  keepClearingJob,
  sumDaysJob,
  remindOfExpiryJob,
  applyTiersJob,
] as unknown as readonly Job<LedgerContext>[]

export const listeners: readonly Listener<LedgerContext>[] = [
  onMultiplierChanged,
  onTagsChanged,
  onMemberErased,
  onMembersRegistered,
  onMembersActivated,
  ...onMembersEnter,
]
