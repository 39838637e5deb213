import { newId } from '../../kernel/values/ids.ts'
import type { Deployment } from '../open-deployment.ts'
import { type ColumnMap, placeColumns } from './column-map.ts'
import { type ImportEnd, type ImportRun, importFile } from './import-file.ts'
import { type ImportedLine, type MemberKey, readMember, type TagText } from './member-line.ts'
import { grouped } from './progress.ts'
import { memberSender } from './send-members.ts'
import type { Tally } from './tally.ts'

export interface ImportMembersOptions extends ImportRun {
  readonly map: ColumnMap<MemberKey, 'key'>
  readonly source: string
  /** In which dates without an offset are read. */
  readonly zone: string
  readonly entry: 'FULL' | 'PRE_REGISTERED'
  readonly activate: boolean
  readonly dryRun: boolean
  readonly tags: readonly TagText[]
  readonly points: number | undefined
  readonly gift: { readonly program: string; readonly reason: string } | undefined
}

/** Streams a file of members of the past into identity, and their gift points into the ledger. */
export async function importMembers(
  deployment: Deployment,
  options: ImportMembersOptions,
): Promise<ImportEnd> {
  const { file, map, source, zone, tags, points, dryRun } = options
  const places = placeColumns<MemberKey>(map, file)
  const nameOf = (key: MemberKey): string => map[key] ?? key
  const rehearsal = dryRun ? newId(options.clock.now()) : undefined
  return importFile<ImportedLine>(deployment, options, {
    noun: 'members',
    // Members have no document numbers that two files could share.
    key: { source, program: '', channel: `members:${file.path}` },
    map: map as Readonly<Record<string, string>>,
    numberedByLine: false,
    zone,
    columns: true,
    rehearsal: dryRun,
    read: (record, dates) => readMember(record, dates, { places, nameOf, width: file.width, tags, points }),
    keyOf: ({ person }) => person.key,
    send: memberSender({ ...options, rehearsal, request: deployment.request, nameOf }),
    summary: (end) => memberSummary(end, dryRun),
  })
}

function memberSummary(
  {
    tally,
    badLinesPath,
    seconds,
    run,
  }: {
    tally: Tally
    badLinesPath: string
    seconds: number
    run: { purchases: number; seconds: number }
  },
  dryRun: boolean,
): string {
  const rate = Math.round(run.purchases / Math.max(run.seconds, 0.001))
  const rows: [string, string][] = [
    ['lines', grouped(tally.lines)],
    [
      'members',
      `${grouped(tally.membersNew)} ${dryRun ? 'would be new' : 'new'}, ${grouped(tally.membersFound)} known`,
    ],
    ['points', grouped(tally.points)],
    ['bad lines', tally.bad === 0 ? '0' : `${grouped(tally.bad)}, see ${badLinesPath}`],
    ['seconds', `${seconds.toFixed(1)} (${grouped(rate)} members/s)`],
  ]
  const told = rows.map(([name, value]) => `${name.padEnd(10)} ${value}`).join('\n')
  return dryRun ? `${told}\ndry run: nothing was written` : told
}
