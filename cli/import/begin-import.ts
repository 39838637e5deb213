import { canonicalJson, sha256 } from '../../kernel/values/canonical.ts'
import { CommandError } from '../command-error.ts'
import type { Checkpoint, CheckpointStore, ImportKey } from './checkpoint.ts'
import type { PurchaseFile } from './purchase-file.ts'
import { NOTHING, purchasesOf } from './tally.ts'

/** Where to begin: at the top, or at the checkpoint of an earlier run of the same import. */
export async function beginImport(from: {
  checkpoints: CheckpointStore
  key: ImportKey
  file: PurchaseFile
  /** Which column holds what. */
  map: Readonly<Record<string, string>>
  /** The lines' numbers name what is imported. */
  numberedByLine: boolean
  zone: string
  /** From the top, whatever was sent before. */
  again: boolean
}): Promise<Checkpoint> {
  const { checkpoints, key, file, map, numberedByLine, zone, again } = from
  const reading = [file.fingerprint, file.separator, file.header !== undefined, map, zone]
  const fingerprint = sha256(canonicalJson(reading)).toString('hex')
  const fresh: Checkpoint = {
    ...key,
    fingerprint,
    numberedByLine,
    next: file.start,
    dateFormat: undefined,
    badBytes: 0,
    tally: NOTHING,
    seconds: 0,
    completedAt: undefined,
  }
  if (again) return fresh
  const earlier = await checkpoints.read(key)
  // An attempt that recorded nothing binds nobody.
  const known = earlier && purchasesOf(earlier.tally) > 0 ? earlier : undefined
  if (known && known.fingerprint !== fingerprint) {
    const wayOut = numberedByLine
      ? 'as its purchases are numbered by their lines, --again may send it only if each still stands on its line'
      : '--again sends it from the top, and what is recorded already stays as it is'
    throw new CommandError(
      `${file.path}: the file or the way to read it has changed since it was imported up to line ` +
        `${known.next.line}; ${wayOut}`,
    )
  }
  if (known) return known
  const other = numberedByLine ? await checkpoints.otherNumberedByLine(key, fingerprint) : undefined
  if (other) {
    throw new CommandError(
      `channel ${key.channel} already has the purchases of ${other.file}, numbered by their lines; give this file ` +
        'a --channel of its own, or map its document numbers',
    )
  }
  return fresh
}
