import type { Adjusted } from '../actions/carry-out-adjustment.ts'

/** A correction with its programme. */
export const Adjustment = {
  id: ({ adjustment }: Adjusted) => adjustment.id,
  memberId: ({ adjustment }: Adjusted) => adjustment.memberId,
  program: ({ program }: Adjusted) => program.id,
  direction: ({ adjustment }: Adjusted) => adjustment.direction.toUpperCase(),
  points: ({ adjustment: { asset, amount } }: Adjusted) => (asset === 'points' ? amount : 0n),
  growth: ({ adjustment: { asset, amount } }: Adjusted) => (asset === 'growth' ? amount : 0n),
  reason: ({ adjustment }: Adjusted) => adjustment.reason,
  document: ({ adjustment }: Adjusted) => adjustment.document,
  state: ({ adjustment }: Adjusted) => adjustment.state.toUpperCase(),
  requestedBy: ({ adjustment }: Adjusted) => adjustment.requestedBy,
  requestedAt: ({ adjustment }: Adjusted) => adjustment.requestedAt,
  endsAt: ({ adjustment }: Adjusted) => adjustment.endsAt,
  decidedBy: ({ adjustment }: Adjusted) => adjustment.decidedBy ?? null,
  decidedAt: ({ adjustment }: Adjusted) => adjustment.decidedAt ?? null,
  note: ({ adjustment }: Adjusted) => adjustment.note ?? null,
  refusedFor: ({ adjustment }: Adjusted) => adjustment.refusal ?? null,
}
