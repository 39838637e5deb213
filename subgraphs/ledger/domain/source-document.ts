import type { Occasion } from './account-book.ts'
import { shopOf } from './coalition.ts'
import type { EventSource } from './event-facts.ts'
import type { PostingCommand, SourceDocument } from './posting.ts'
import type { Program } from './program.ts'

export const occasionOf = ({ effectiveAt, id }: Pick<SourceDocument, 'effectiveAt' | 'id'>): Occasion => ({
  at: effectiveAt,
  documentId: id,
})

/** The same for what rules give: points are the shop's in which they were earned. */
export const earningOccasion = (program: Program, document: SourceOf): Occasion => ({
  ...occasionOf(document),
  issuer: shopOf(program.coalition, document),
})

/** Where and when something happened, as conditions ask for it. */
export const placeOf = (
  program: Program,
  source: Pick<SourceDocument, 'channel' | 'store' | 'operator' | 'effectiveAt'>,
): EventSource => ({
  channel: source.channel,
  store: source.store,
  partner: shopOf(program.coalition, source),
  occurredAt: source.effectiveAt,
})

type SourceOf = Pick<SourceDocument, 'effectiveAt' | 'id' | 'channel' | 'store' | 'operator'>

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
    operator: operatorOf(command),
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

/** A member acts for itself, by whatever id it has signed in; what comes by a transfer was sent by the other. */
function operatorOf(command: PostingCommand): string {
  if (!command.operator.startsWith('member:')) return command.operator
  return `member:${command.kind === 'transfer-in' ? command.from : command.memberId}`
}
