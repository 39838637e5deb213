import { basename, extname } from 'node:path'
import { systemClock } from '../../kernel/clock.ts'
import { CommandError } from '../command-error.ts'
import { readMap } from '../import/column-map.ts'
import { importMembers as importFile } from '../import/import-members.ts'
import { MEMBER_KEYS, readTag, type TagText } from '../import/member-line.ts'
import { inspectFile } from '../import/purchase-file.ts'
import { openDeployment } from '../open-deployment.ts'
import { named, stopOnInterrupt } from './import-purchases.ts'

export interface MemberFlags {
  readonly map: string
  readonly source?: string
  readonly zone: string
  readonly preRegistered?: boolean
  readonly activate?: boolean
  readonly tag: readonly string[]
  readonly points?: number
  readonly program?: string
  readonly reason?: string
  readonly separator?: string
  readonly header: boolean
  readonly badLines?: string
  readonly dryRun?: boolean
  readonly again?: boolean
}

/** One call after the other: who two lines are, and what is refused, follows from the order of the file. */
const LANES = 1
const BATCH = 1_000

/** Imports the members of a file; what is wrong with file or map is told before anything is done. */
export async function importMembers(path: string, flags: MemberFlags): Promise<number> {
  const map = readMap(flags.map, MEMBER_KEYS)
  const tags = flags.tag.map(tagOf)
  const gives = flags.points !== undefined || map.points !== undefined
  if (gives && !flags.program) throw new CommandError('--program: say in which programme points are given')
  assertZone(flags.zone)
  const file = await inspectFile(path, { separator: flags.separator, hasHeader: flags.header })
  const source = named('--source', flags.source ?? basename(path, extname(path)))
  const deployment = await openDeployment(gives ? ['identity', 'ledger'] : ['identity'])
  using interrupt = stopOnInterrupt()
  try {
    const { exitCode } = await importFile(deployment, {
      file,
      map,
      source,
      zone: flags.zone,
      entry: flags.preRegistered ? 'PRE_REGISTERED' : 'FULL',
      activate: flags.activate ?? false,
      dryRun: flags.dryRun ?? false,
      tags,
      points: flags.points,
      gift: gives ? { program: flags.program!, reason: flags.reason ?? `import of ${source}` } : undefined,
      batch: BATCH,
      lanes: LANES,
      badLines: flags.badLines,
      again: flags.again ?? false,
      clock: systemClock,
      terminal: process.stderr,
      say: (text) => console.log(text),
      stop: interrupt.signal,
    })
    return exitCode
  } finally {
    await deployment.close()
  }
}

function tagOf(text: string): TagText {
  const tag = readTag(text)
  if (!tag) throw new CommandError(`--tag: "${text}" is not of the form dimension/name=value`)
  return tag
}

function assertZone(zone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
  } catch {
    throw new CommandError(`--zone: there is no time zone ${zone}`)
  }
}
