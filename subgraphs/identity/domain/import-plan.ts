import type { MemberId } from '../../../kernel/values/ids.ts'
import type { IdentityKind } from './kinds.ts'
import { type Conflict, type FoundIdentifier, type HeldIdentifier, resolveOneId } from './one-id.ts'

/** A person of a file: who it would be, and what leads to it, by the hex text of the hash. */
export interface ImportLine {
  readonly candidate: MemberId
  readonly identifiers: readonly {
    readonly hash: string
    readonly kind: IdentityKind
    readonly scope: string
  }[]
  readonly erased: boolean
}

export type ImportDecision =
  | { readonly outcome: 'CREATED'; readonly memberId: MemberId }
  | { readonly outcome: 'KNOWN'; readonly memberId: MemberId; readonly bind: readonly string[] }
  | {
      readonly outcome: 'REFUSED'
      readonly code: 'IDENTITY_ERASED' | 'IDENTITY_CONFLICT'
      /** What people have to decide; nothing where whose an identifier is nobody knows. */
      readonly conflicts: readonly Conflict[]
    }

/**
 * What becomes of each line: one person is one member, also where two lines of a file are one person. `owners` says to
 * whom identifiers lead once each was claimed for the first line that has it; `held` is what members have already.
 */
export function planImport(
  lines: readonly ImportLine[],
  owners: ReadonlyMap<string, MemberId>,
  held: readonly HeldIdentifier[],
): ImportDecision[] {
  /** Who the lines before turned out to be; undefined: they were refused. */
  const became = new Map<MemberId, MemberId | undefined>()
  const heldBy = Map.groupBy(held, ({ memberId }) => memberId)
  return lines.map((line) => {
    const decision = decide(line, owners, heldBy, became)
    became.set(line.candidate, decision.outcome === 'REFUSED' ? undefined : decision.memberId)
    return decision
  })
}

function decide(
  { candidate, identifiers, erased }: ImportLine,
  owners: ReadonlyMap<string, MemberId>,
  heldBy: ReadonlyMap<MemberId, readonly HeldIdentifier[]>,
  became: ReadonlyMap<MemberId, MemberId | undefined>,
): ImportDecision {
  if (erased) return { outcome: 'REFUSED', code: 'IDENTITY_ERASED', conflicts: [] }
  const found: FoundIdentifier[] = []
  for (const { hash, kind, scope } of identifiers) {
    const claimedFor = owners.get(hash)!
    const ownerId =
      claimedFor === candidate ? undefined : became.has(claimedFor) ? became.get(claimedFor) : claimedFor
    // A line before has it and was refused: whose it is nobody knows.
    if (ownerId === undefined && claimedFor !== candidate)
      return { outcome: 'REFUSED', code: 'IDENTITY_CONFLICT', conflicts: [] }
    found.push({ hash, kind, scope, strength: 'checked', ownerId })
  }
  const known = new Set(found.flatMap(({ ownerId }) => ownerId ?? []))
  const resolved = resolveOneId({
    found,
    held: [...known].flatMap((memberId) => heldBy.get(memberId) ?? []),
    // A file proves nothing: it takes no number away, and whom it means it says by its keys.
    policy: 'REVIEW',
    dormant: new Set(),
  })
  switch (resolved.outcome) {
    case 'new':
      return { outcome: 'CREATED', memberId: candidate }
    case 'known':
      return { outcome: 'KNOWN', memberId: resolved.memberId, bind: resolved.bind }
    case 'conflict':
    case 'not-verified': {
      const conflicts = resolved.outcome === 'conflict' ? resolved.conflicts : []
      return { outcome: 'REFUSED', code: 'IDENTITY_CONFLICT', conflicts }
    }
  }
}
