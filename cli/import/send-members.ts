import { CommandError } from '../command-error.ts'
import type { Deployment } from '../open-deployment.ts'
import { columnOf, type ImportedLine, type MemberKey } from './member-line.ts'
import type { BadLine } from './purchase-line.ts'
import type { Sent } from './send-purchases.ts'
import { NOTHING } from './tally.ts'

export interface MemberSenderOptions {
  readonly request: Deployment['request']
  readonly source: string
  readonly entry: 'FULL' | 'PRE_REGISTERED'
  readonly activate: boolean
  /** The id of the dry run; undefined: this is none. */
  readonly rehearsal: string | undefined
  /** In which programme points are given, and why. */
  readonly gift: { readonly program: string; readonly reason: string } | undefined
  readonly nameOf: (key: MemberKey) => string
}

const IMPORT = `
  mutation Import($input: ImportMembersInput!) {
    importMembers(input: $input) {
      members { outcome memberId refusal { code message path } }
      refusal { message }
    }
  }`

const ACTIVATE = `
  mutation Activate($input: ActivateMembersInput!) {
    activateMembers(input: $input) { activated refusal { message } }
  }`

const GRANT = `
  mutation Grant($input: GrantPointsInput!) { grantPoints(input: $input) { refusal { code message } } }`

interface Imported {
  readonly importMembers: {
    readonly members:
      | readonly {
          readonly outcome: 'CREATED' | 'KNOWN' | 'REFUSED'
          readonly memberId: string | null
          readonly refusal: { code: string; message: string; path: readonly string[] } | null
        }[]
      | null
    readonly refusal: { readonly message: string } | null
  }
}

/** Calls under way at once: the ledger posts together what comes together. */
const GRANTS_AT_ONCE = 250

/** Imports some members, activates them, and gives them their points; all harmless when repeated. */
export function memberSender(options: MemberSenderOptions) {
  const { request, source, entry, activate, rehearsal, gift, nameOf } = options
  const dryRun = rehearsal !== undefined

  const give = async (line: ImportedLine, memberId: string): Promise<BadLine | undefined> => {
    const { grantPoints } = await request<{
      grantPoints: { refusal: { code: string; message: string } | null }
    }>('ledger', GRANT, {
      input: {
        program: gift!.program,
        memberId,
        points: line.points,
        source: 'INITIAL',
        reason: gift!.reason,
        document: `import:${source}:${line.person.key}`,
        idempotencyKey: `import:${source}:${line.person.key}`,
      },
    })
    const { refusal } = grantPoints
    return refusal
      ? {
          line: line.line,
          column: nameOf('points'),
          code: refusal.code,
          reason: refusal.message,
          text: line.text,
        }
      : undefined
  }

  return async (lines: readonly ImportedLine[]): Promise<Sent> => {
    const input = { source, dryRun, rehearsal, members: lines.map(({ person }) => ({ ...person, entry })) }
    const { importMembers } = await request<Imported>('identity', IMPORT, { input })
    if (!importMembers.members) {
      throw new CommandError(`members cannot be imported: ${importMembers.refusal?.message}`)
    }
    const bad: BadLine[] = []
    const standing: { line: ImportedLine; memberId: string }[] = []
    let [membersNew, membersFound] = [0, 0]
    for (const [at, { outcome, memberId, refusal }] of importMembers.members.entries()) {
      const line = lines[at]!
      if (outcome === 'REFUSED') {
        const column = columnOf(refusal!.path, line)
        bad.push({
          line: line.line,
          column: column && nameOf(column),
          code: refusal!.code,
          reason: refusal!.message,
          text: line.text,
        })
        continue
      }
      if (outcome === 'CREATED') membersNew += 1
      else membersFound += 1
      if (memberId !== null) standing.push({ line, memberId })
    }
    let points = 0n
    if (!dryRun) {
      if (activate && standing.length > 0) {
        const memberIds = [...new Set(standing.map(({ memberId }) => memberId))]
        await request('identity', ACTIVATE, { input: { memberIds } })
      }
      const gifts = gift ? standing.filter(({ line }) => (line.points ?? 0) > 0) : []
      for (let from = 0; from < gifts.length; from += GRANTS_AT_ONCE) {
        const some = gifts.slice(from, from + GRANTS_AT_ONCE)
        const faults = await Promise.all(some.map(({ line, memberId }) => give(line, memberId)))
        for (const [at, fault] of faults.entries()) {
          if (fault) bad.push(fault)
          else points += BigInt(some[at]!.line.points!)
        }
      }
    }
    const tally = {
      ...NOTHING,
      bad: bad.length,
      membersNew,
      membersFound,
      recorded: membersNew + membersFound,
      points,
    }
    return { bad, tally }
  }
}
