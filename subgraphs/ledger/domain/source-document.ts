import type { Occasion } from './account-book.ts'
import type { PostingCommand, SourceDocument } from './posting.ts'
import type { Program } from './program.ts'

/** Minor units of one line. Balances must stay within the integers that JSON can carry. */
export const AMOUNT_MAX = 1_000_000_000_000n

export const occasionOf = ({ effectiveAt, id }: Pick<SourceDocument, 'effectiveAt' | 'id'>): Occasion => ({
  at: effectiveAt,
  documentId: id,
})

/** What every document says of where it comes from. */
export function documentOf(
  program: Program,
  command: PostingCommand,
): Omit<SourceDocument, 'tierBefore' | 'tierAfter'> {
  return {
    memberId: command.memberId,
    id: command.documentId,
    programKey: program.key,
    ruleVersion: program.version,
    kind: command.kind,
    channel: command.channel,
    number: command.number,
    store: command.store,
    operator: command.operator,
    subject: undefined,
    quantity: undefined,
    amount: undefined,
    lines: [],
    awards: [],
    counted: undefined,
    effectiveAt: command.effectiveAt,
    body: command.body,
  }
}
