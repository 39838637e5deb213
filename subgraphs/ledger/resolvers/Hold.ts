import type { LedgerContext } from '../context.ts'
import { heldBy } from '../domain/hold.ts'
import type { HoldView } from '../store/holds.ts'

const states = { capture: 'CAPTURED', release: 'RELEASED', lapse: 'LAPSED' } as const

/** One that has lapsed is shown so, whether the sweep has been there or not. */
export const Hold = {
  points: ({ amount }: HoldView) => amount,
  held: (hold: HoldView, _: unknown, ctx: LedgerContext) => (lapsed(hold, ctx) ? 0n : heldBy(hold)),
  released: (hold: HoldView, _: unknown, ctx: LedgerContext) =>
    lapsed(hold, ctx) ? hold.amount - hold.captured : hold.released,
  state: (hold: HoldView, _: unknown, ctx: LedgerContext) =>
    hold.closedBy ? states[hold.closedBy] : lapsed(hold, ctx) ? 'LAPSED' : 'OPEN',
  document: ({ id }: HoldView, _: unknown, ctx: LedgerContext) => ctx.loaders.document.load(id),
}

const lapsed = ({ closedBy, lapsesAt }: HoldView, ctx: LedgerContext): boolean =>
  closedBy === undefined && lapsesAt <= ctx.now
