import type { RecordedEvent } from '../../../kernel/events/event.ts'
import type { Listener } from '../../../kernel/subgraph.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { MemberErased } from '../../../schema/events/identity.ts'
import type { ProgramPublished, TierChanged } from '../../../schema/events/ledger.ts'
import { adoptProgram } from '../actions/adopt-program.ts'
import { grantForTier } from '../actions/grant-for-tier.ts'
import type { BenefitsContext } from '../context.ts'
import { forgetReasons } from '../store/entitlements.ts'

/** What happens here when something happened elsewhere. */
export const listeners: readonly Listener<BenefitsContext>[] = [
  {
    event: 'ledger.ProgramPublished',
    handle: (tx, event: RecordedEvent<string, ProgramPublished>, ctx) =>
      adoptProgram(tx, event.payload, ctx.now),
  },
  {
    event: 'ledger.TierChanged',
    handle: (tx, event: RecordedEvent<string, TierChanged>, ctx) =>
      grantForTier(tx, {
        memberId: event.memberId as MemberId,
        change: event.payload,
        at: event.occurredAt,
        now: ctx.now,
      }),
  },
  {
    event: 'identity.MemberErased',
    handle: (tx, event: RecordedEvent<string, MemberErased>) => forgetReasons(tx, event.payload.memberIds),
  },
]
