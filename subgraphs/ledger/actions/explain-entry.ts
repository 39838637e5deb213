import { NotFoundError } from '../../../kernel/errors.ts'
import type { LedgerContext } from '../context.ts'
import { tagsIn } from '../domain/counted-tags.ts'
import { type Award, rateAgain, type Skip } from '../domain/earn.ts'
import type { EntryKind, LotMove } from '../domain/entry.ts'
import { explain } from '../domain/explain.ts'
import { eventOf } from '../domain/posting.ts'
import type { Program } from '../domain/program.ts'
import { awardsNow } from '../domain/taken-back-away.ts'
import type { AccountKey } from '../store/accounts.ts'
import { accountName } from '../store/accounts.ts'
import type { RecordedDocument } from '../store/documents.ts'
import type { RecordedEntry } from '../store/entries.ts'
import { readHistories } from '../store/histories.ts'
import { readEntry } from '../store/reads.ts'

export interface ExplainedEntry {
  readonly entry: RecordedEntry
  readonly cause: 'DOCUMENT' | 'DUE' | 'LATE_DOCUMENT' | 'RETURN'
  readonly rules: readonly { rule: string; asset: Award['asset']; amount: bigint; text: string }[]
  readonly skipped: readonly Skip[]
  readonly lots: readonly LotMove[]
  readonly awardsNow: readonly Award[]
}

/** Why an entry was made, by the rules of its day and by the books as they stand now. */
export async function explainEntry(
  ctx: LedgerContext,
  key: AccountKey & { readonly program: Program },
  seq: number,
): Promise<ExplainedEntry> {
  const entry = await readEntry(ctx.db.query, key, seq)
  if (!entry) throw new NotFoundError('entry', String(seq))
  const document =
    entry.documentId === undefined ? undefined : await ctx.loaders.document.load(entry.documentId)
  const lots = entry.moves.find(({ asset }) => asset === 'points')?.lots ?? []
  const told = { entry, cause: causeOf(entry, document), lots }
  if (document?.kind !== 'purchase' && document?.kind !== 'activity')
    return { ...told, rules: [], skipped: [], awardsNow: [] }
  const histories = await readHistories(ctx.db.query, ctx.services.programs, [key])
  const history = histories.get(accountName(key))!
  const { rules, multipliers } = history.past.find((past) => past.document.id === document.id)!
  const state = {
    tier: document.tierBefore,
    tags: tagsIn(document.counted),
    counters: document.counted ?? {},
  }
  const rating = rateAgain(rules, eventOf(rules, document), state, multipliers)
  return {
    ...told,
    rules: rating.workings.map((working) => ({
      rule: working.rule,
      asset: rating.awards.find(({ rule }) => rule === working.rule)?.asset ?? 'points',
      amount: working.amount,
      text: explain(rules, working),
    })),
    skipped: rating.skipped,
    awardsNow: awardsNow(key.memberId, history, document.id, ctx.now),
  }
}

/** What makes up for a document that came late; a document itself is not entered so. */
const compensating: ReadonlySet<EntryKind> = new Set<EntryKind>([
  ...(['cancel', 'correct', 'refund', 'restore', 'reverse', 'postpone', 'relot'] as const),
])

function causeOf(entry: RecordedEntry, document: RecordedDocument | undefined): ExplainedEntry['cause'] {
  if (!document) return 'DUE'
  if (document.kind === 'return') return 'RETURN'
  const late = entry.effectiveAt !== document.effectiveAt || compensating.has(entry.kind)
  return late ? 'LATE_DOCUMENT' : 'DOCUMENT'
}
