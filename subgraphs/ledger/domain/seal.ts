import { sha256 } from '../../../kernel/values/canonical.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { awardsText, countersText, linesText } from './document-text.ts'
import { type Entry, lotsText, type Move } from './entry.ts'
import type { SourceDocument } from './posting.ts'

/** An entry as it is written down, with the hash that chains it to the one before. */
export interface SealedEntry extends Entry {
  /** What it comes from, in the first entry of each document. */
  readonly document: SourceDocument | undefined
  readonly lots: string
  readonly recordedAt: Instant
  readonly hash: Buffer
}

/**
 * Chains entries of one account to what came before them: each hash covers the one before, the entry, and all that its
 * document says.
 */
export function seal(
  head: Buffer,
  entries: readonly Entry[],
  documents: ReadonlyMap<string, SourceDocument>,
  recordedAt: Instant,
): SealedEntry[] {
  let previous = head
  const begun = new Set<string>()
  return entries.map((entry) => {
    const { documentId } = entry
    const document = documentId === undefined || begun.has(documentId) ? undefined : documents.get(documentId)
    if (document) begun.add(document.id)
    const lots = lotsText(entry.moves)
    const text = contents({ ...entry, document, lots, recordedAt })
    previous = sha256(previous.length === 0 ? text : Buffer.concat([previous, Buffer.from(text)]))
    return { ...entry, document, lots, recordedAt, hash: previous }
  })
}

/** `store/check.ts` computes the same in SQL; a test holds the two together. */
function contents(entry: Omit<SealedEntry, 'hash'>): string {
  const { memberId, programKey, seq, documentId, kind, moves, lots, effectiveAt, recordedAt, document } =
    entry
  const moved = `${amounts(moves, 'points')}|${amounts(moves, 'growth')}|${amounts(moves, 'principal')}|${amounts(moves, 'bonus')}`
  const own = `${memberId}|${programKey}|${seq}|${documentId ?? ''}|${kind}|${moved}|${lots}|${effectiveAt}|${recordedAt}`
  if (!document) return own
  const { channel, store, operator, number, subject, lines, awards, counted } = document
  const { quantity, amount, ruleVersion, tierBefore, tierAfter, body } = document
  const words = `${quoted(channel)}|${quoted(store)}|${quoted(operator)}|${quoted(number)}|${quoted(subject)}`
  const lists = `${quoted(linesText(lines))}|${quoted(awardsText(awards))}|${counted ? quoted(countersText(counted)) : ''}`
  const tiers = `${quoted(tierBefore)}|${tierAfter === tierBefore ? '' : quoted(tierAfter)}`
  return `${own}|${document.kind}|${ruleVersion}|${words}|${quantity ?? ''}|${amount ?? ''}|${lists}|${tiers}|${body.toString('hex')}`
}

function amounts(moves: readonly Move[], asset: Move['asset']): string {
  for (const move of moves) if (move.asset === asset) return `${move.amount}|${move.after}`
  return '|'
}

/** As JSON, so that no text can pass for two fields; nothing where there is none. */
const quoted = (text: string | undefined): string => (text ? JSON.stringify(text) : '')
