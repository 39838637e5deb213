import type { NewEvent } from '../../../kernel/events/event.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { PurchasesRecorded } from '../../../schema/events/ledger.ts'
import { recordedOrigin } from '../domain/counted-origin.ts'
import type { Program } from '../domain/program.ts'
import type { RecordedDocument } from '../store/documents.ts'

/** The purchases that a call recorded, an event a programme. */
export function purchaseEvents(
  orders: readonly { readonly program: Program }[],
  documents: readonly RecordedDocument[],
  recordedAt: Instant,
): NewEvent<'ledger.PurchasesRecorded', PurchasesRecorded>[] {
  const programs = new Map(orders.map(({ program }) => [program.key, program.id]))
  const purchases = documents.filter((document) => document.kind === 'purchase')
  return [...Map.groupBy(purchases, (document) => document.programKey)].map(([programKey, group]) => ({
    type: 'ledger.PurchasesRecorded',
    occurredAt: recordedAt,
    payload: {
      program: programs.get(programKey)!,
      purchases: group.map((document) => ({
        memberId: document.memberId,
        ...holderOf(document),
        documentId: document.id,
        channel: document.channel,
        total: String(document.amount ?? 0n),
        occurredAt: toIso(document.effectiveAt),
        points: String(document.awards.reduce((sum, a) => (a.asset === 'points' ? sum + a.amount : sum), 0n)),
      })),
    },
  }))
}

/** The id by which a purchase came, where its member was merged since. */
const holderOf = ({ counted, entry }: RecordedDocument): { holderId?: string } => {
  const holderId = recordedOrigin(counted, entry)
  return holderId === undefined ? {} : { holderId }
}
