import { hash } from 'node:crypto'
import type { Instant } from '../../../kernel/values/instant.ts'
import { awardsText, countersText, linesText } from './document-text.ts'
import { type Entry, lotsText, type Move } from './entry.ts'
import type { SourceDocument } from './posting.ts'

/** An entry as it is written down, with the hash that chains it to the one before. */
export interface SealedEntry {
  readonly entry: Entry
  /** What it comes from, in the first entry of each document. */
  readonly document: SealedDocument | undefined
  readonly lots: string
  /** In hexadecimal digits. */
  readonly hash: string
}

/** A document with its lists as the texts that the hash covers. */
export interface SealedDocument {
  readonly source: SourceDocument
  readonly lines: string
  readonly awards: string
  readonly counted: string
}

/**
 * Chains entries of one account to what came before them: each hash covers the one before, the entry, and all that its
 * document says.
 */
export function seal(
  head: string,
  entries: readonly Entry[],
  documents: ReadonlyMap<string, SourceDocument>,
  recordedAt: Instant,
): SealedEntry[] {
  let previous = head
  const begun = new Set<string>()
  return entries.map((entry) => {
    const { documentId } = entry
    const source = documentId === undefined || begun.has(documentId) ? undefined : documents.get(documentId)
    if (source) begun.add(source.id)
    const document = source && {
      source,
      lines: linesText(source.lines),
      awards: awardsText(source.awards),
      counted: source.counted ? countersText(source.counted) : '',
    }
    const lots = lotsText(entry.moves)
    previous = chained(previous, contents(entry, document, lots, recordedAt))
    return { entry, document, lots, hash: previous }
  })
}

/** One buffer for all: what is hashed is put together in it, the hash of before in front. */
let together = Buffer.alloc(4_096)

function chained(previous: string, text: string): string {
  const begins = previous.length / 2
  const most = begins + 3 * text.length
  if (together.length < most) together = Buffer.alloc(most)
  together.write(previous, 0, 'hex')
  const ends = begins + together.write(text, begins)
  return hash('sha256', together.subarray(0, ends), 'hex')
}

/** `store/check.ts` computes the same in SQL; a test holds the two together. */
function contents(
  entry: Entry,
  document: SealedDocument | undefined,
  lots: string,
  recordedAt: Instant,
): string {
  const { memberId, programKey, seq, documentId, kind, moves, effectiveAt } = entry
  const moved = `${amounts(moves, 'points')}|${amounts(moves, 'growth')}|${amounts(moves, 'principal')}|${amounts(moves, 'bonus')}`
  const own = `${memberId}|${programKey}|${seq}|${documentId ?? ''}|${kind}|${moved}|${lots}|${effectiveAt}|${recordedAt}`
  if (!document) return own
  const { source, lines, awards, counted } = document
  const { channel, store, operator, number, subject } = source
  const { quantity, amount, ruleVersion, tierBefore, tierAfter, body } = source
  const words = `${quoted(channel)}|${quoted(store)}|${quoted(operator)}|${quoted(number)}|${quoted(subject)}`
  const lists = `${quoted(lines)}|${quoted(awards)}|${quoted(counted)}`
  const tiers = `${quoted(tierBefore)}|${tierAfter === tierBefore ? '' : quoted(tierAfter)}`
  return `${own}|${source.kind}|${ruleVersion}|${words}|${quantity ?? ''}|${amount ?? ''}|${lists}|${tiers}|${body.toString('hex')}`
}

function amounts(moves: readonly Move[], asset: Move['asset']): string {
  for (const move of moves) if (move.asset === asset) return `${move.amount}|${move.after}`
  return '|'
}

/** As JSON, so that no text can pass for two fields; nothing where there is none. */
const quoted = (text: string | undefined): string => (text ? JSON.stringify(text) : '')
