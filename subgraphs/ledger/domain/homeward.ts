import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { Asset } from './asset.ts'
import type { SourceDocument } from './posting.ts'
import type { Program } from './program.ts'
import type { Lots } from './waiting-part.ts'

/**
 * Something that belongs to a member who was merged into an account's and is not any more: lots that have left it, or a return
 * that its own account takes back. It is written down with what led to it, and carried out by the account that the member has
 * by then.
 */
export interface Homeward {
  readonly kind: 'lots' | 'return'
  readonly origin: string
  /** By which lots left; the return. */
  readonly document: SourceDocument
  readonly lots: Lots
}

/** Where documents come from that nobody asked for. */
export const HOMEWARD = { channel: 'merge', store: undefined, operator: 'ledger' } as const

interface Standing {
  readonly memberId: string
  readonly seq: number
  readonly tier: string
}

/** The document of lots that leave an account. Its number is the member that they leave for. */
export function homewardDocument(
  program: Program,
  { memberId, seq, tier }: Standing,
  { origin, asset, at }: { readonly origin: string; readonly asset: Asset; readonly at: Instant },
): SourceDocument {
  const id = derivedId('homeward', memberId, program.id, String(seq + 1), origin, asset)
  return {
    memberId,
    id,
    programKey: program.key,
    ruleVersion: program.version,
    kind: 'merge-out',
    ...HOMEWARD,
    number: origin,
    subject: undefined,
    quantity: undefined,
    amount: undefined,
    lines: [],
    awards: [],
    counted: undefined,
    tierBefore: tier,
    tierAfter: tier,
    effectiveAt: at,
    body: bodyDigest({ id }).subarray(0, 16),
  }
}
