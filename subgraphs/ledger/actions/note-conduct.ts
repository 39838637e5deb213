import type { Tx } from '../../../kernel/db/transaction.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { Watched } from '../domain/conduct.ts'
import type { PostingCommand } from '../domain/posting.ts'
import type { Program } from '../domain/program.ts'
import { notedKinds, watchesDevices } from '../domain/watch.ts'
import { type ConductNote, sendConduct } from '../store/conduct.ts'
import { type NewFlag, sendFlags } from '../store/flags.ts'

/** A command that was carried out, and what it was found to be. */
export interface Deed extends Watched {
  readonly program: Program
  readonly command: PostingCommand
}

/** Writes, with the postings themselves, what limits flagged, and what the patterns of a programme will look at. */
export function noteConduct(tx: Tx, deeds: readonly Deed[], now: Instant): void {
  sendFlags(tx, deeds.flatMap(flagsOf), now)
  sendConduct(tx, deeds.flatMap(notesOf))
}

const flagsOf = ({ program, command: { memberId }, exceeded }: Deed): NewFlag[] =>
  exceeded.map(({ limit, window }) => ({
    id: derivedId('flag', program.id, limit.id, memberId, window),
    programKey: program.key,
    rule: limit.id,
    subject: `member:${memberId}`,
    window,
    evidence: { most: String(limit.most), on: limit.on },
  }))

function notesOf({ program, command, document }: Deed): ConductNote[] {
  const { watch } = program
  if (watch.length === 0) return []
  const { kind, memberId, device } = command
  const noted = notedKinds(watch).has(kind) || (device !== undefined && watchesDevices(watch))
  if (!noted) return []
  const { id: documentId, effectiveAt: at, operator } = document
  return [{ documentId, programKey: program.key, at, kind, memberId, operator, device }]
}
