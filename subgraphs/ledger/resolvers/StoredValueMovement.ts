import type { Posted } from '../actions/post-batch.ts'
import type { LedgerContext } from '../context.ts'
import { type MovedMoney, movedMoney } from '../domain/moved-money.ts'
import { readEntriesOf } from '../store/stored-value.ts'
import { moneyOf } from './Clearing.ts'

/** What a document moved of prepaid money; its entries say it. */
export interface MovementSource {
  readonly posted: Posted
  readonly moved: MovedMoney
}

export async function movementOf(posted: Posted, ctx: LedgerContext): Promise<MovementSource> {
  return { posted, moved: movedMoney(await readEntriesOf(ctx.db.query, posted.document.entry)) }
}

const money =
  (name: keyof MovedMoney) =>
  ({ posted: { rules }, moved }: MovementSource) =>
    moneyOf(rules, moved[name])

export const StoredValueMovement = {
  id: ({ posted }: MovementSource) => posted.document.id,
  kind: ({ posted }: MovementSource) => posted.document.kind.replaceAll('-', '_').toUpperCase(),
  principal: money('principal'),
  bonus: money('bonus'),
  pending: money('pending'),
  paidBack: money('paidBack'),
  withheld: money('withheld'),
  plan: ({ posted: { document } }: MovementSource) =>
    document.kind === 'top-up' ? (document.subject ?? null) : null,
  channel: ({ posted }: MovementSource) => posted.document.channel,
  document: ({ posted }: MovementSource) => posted.document.number,
  occurredAt: ({ posted }: MovementSource) => posted.document.effectiveAt,
}
