import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { isUuid, type MemberId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Refusal, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { ImportDecision } from '../domain/import-plan.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { noteConflicts } from '../store/conflicts.ts'
import { claimIdentifiers, handOverClaims, releaseIdentifiers } from '../store/identifiers.ts'
import { lockPersons } from '../store/members.ts'
import { carryOutImport, type ImportedLine } from './carry-out-import.ts'
import { commandOf } from './command.ts'
import { casesOf } from './contest-identity.ts'
import {
  boundOf,
  claimsOf,
  type ImportedPersonInput,
  type Line,
  planLines,
  type ReadLine,
  readLines,
  toldBy,
} from './import-lines.ts'
import { holdHashes } from './phone-aliases.ts'
import { rehearseLines } from './rehearse-import.ts'

export interface ImportMembersInput {
  readonly source: string
  readonly members: readonly ImportedPersonInput[]
  readonly dryRun?: boolean | null
  readonly rehearsal?: string | null
  readonly idempotencyKey?: string | null
}

export type ImportedPerson =
  | { readonly outcome: 'CREATED' | 'KNOWN'; readonly memberId: MemberId | undefined }
  | { readonly outcome: 'REFUSED'; readonly refusal: Refusal<IdentityRefusalCode> }

type Answer = Result<readonly ImportedPerson[], IdentityRefusalCode>

const MEMBERS_MAX = 1_000

/**
 * Members of the past with all that is known of them, line by line: what is wrong with one keeps none of the others out.
 * One statement a table, however many they are. The same lines again find the members that they made.
 */
export async function importMembers(ctx: IdentityContext, input: ImportMembersInput): Promise<Answer> {
  const { members, dryRun, rehearsal } = input
  if (members.length === 0 || members.length > MEMBERS_MAX) {
    return fail('IDENTIFIER_NOT_VALID', { path: ['members'] })
  }
  if (rehearsal != null && (!dryRun || !isUuid(rehearsal))) {
    return fail('IDENTIFIER_NOT_VALID', { path: ['rehearsal'] })
  }
  if (dryRun) return rehearseAll(ctx, input)
  const command = commandOf(ctx, 'importMembers', input)
  return ctx.db.transaction((tx) => once(tx, command, () => importAll(tx, ctx, input)))
}

async function importAll(tx: Tx, ctx: IdentityContext, input: ImportMembersInput): Promise<Answer> {
  const read = await readLines(ctx, tx.query, input.source, input.members)
  const lines = read.flatMap((line) => (line.ok ? line.value : []))
  const decisions = await decideLines(tx, ctx, lines)
  await carryOutImport(tx, ctx, importedLines(ctx, input, lines, decisions))
  const cases = await noteRefused(tx, ctx, lines, decisions)
  return ok(
    outcomesOf(read, lines, decisions).map((one, index) => {
      const conflict = cases.get(index)
      if (one.outcome !== 'REFUSED' || conflict === undefined) return one
      return { ...one, refusal: { ...one.refusal, details: { conflict } } }
    }),
  )
}

/** What would become of the lines; nothing is written, nobody is held, and who would begin has no id. */
async function rehearseAll(
  ctx: IdentityContext,
  { source, members, rehearsal }: ImportMembersInput,
): Promise<Answer> {
  const read = await readLines(ctx, ctx.db.query, source, members)
  const lines = read.flatMap((line) => (line.ok ? line.value : []))
  const { decisions, standing } = await rehearseLines(ctx, rehearsal ?? undefined, lines)
  return ok(
    outcomesOf(read, lines, decisions).map((one) =>
      one.outcome === 'REFUSED' || standing.has(one.memberId!) ? one : { ...one, memberId: undefined },
    ),
  )
}

function outcomesOf(
  read: readonly ReadLine[],
  lines: readonly Line[],
  decisions: readonly ImportDecision[],
): ImportedPerson[] {
  const decided = new Map(lines.map(({ index }, at) => [index, decisions[at]!]))
  return read.map((line, index): ImportedPerson => {
    if (!line.ok) return { outcome: 'REFUSED', refusal: line.refusal }
    const decision = decided.get(index)!
    if (decision.outcome === 'REFUSED') return { outcome: 'REFUSED', refusal: { code: decision.code } }
    return { outcome: decision.outcome, memberId: decision.memberId }
  })
}

/** What is to be written of those lines that are not refused. */
const importedLines = (
  ctx: IdentityContext,
  { members }: ImportMembersInput,
  lines: readonly Line[],
  decisions: readonly ImportDecision[],
): ImportedLine[] =>
  lines.flatMap((line, at) => {
    const decision = decisions[at]!
    if (decision.outcome === 'REFUSED') return []
    const { joinedAt, channel, store, entry } = members[line.index]!
    return {
      memberId: decision.memberId,
      begins: decision.outcome === 'CREATED',
      bound: boundOf(line, decision),
      profile: line.profile,
      tags: line.tags,
      joinedAt: joinedAt ?? ctx.now,
      channel: channel ?? 'IMPORT',
      store: store ?? undefined,
      entry: entry ?? 'FULL',
    }
  })

/** Takes each identifier for the first line that has it, and finds out who the lines are. */
async function decideLines(tx: Tx, ctx: IdentityContext, lines: readonly Line[]): Promise<ImportDecision[]> {
  const claims = claimsOf(lines)
  if (claims.size === 0) return []
  const owners = await claimIdentifiers(tx, [...claims.values()])
  const told = lines.flatMap((line) => toldBy(line, owners))
  for (const [key, holder] of await holdHashes(tx, ctx, told)) owners.set(key, holder)
  const candidates = new Set(lines.map(({ candidate }) => candidate))
  const strangers = [...new Set(owners.values())].filter((id) => !candidates.has(id))
  const persons = await lockPersons(tx, strangers)
  const decisions = await planLines(tx, ctx, lines, { owners, persons, rehearsed: [] })
  await settle(tx, lines, decisions)
  return decisions
}

/** Opens cases for people to decide whose contested identifiers are; answers the first of each line, by its place. */
async function noteRefused(
  tx: Tx,
  ctx: IdentityContext,
  lines: readonly Line[],
  decisions: readonly ImportDecision[],
): Promise<Map<number, string>> {
  const claims = lines.flatMap(({ index, identifiers, phoneHashes }, at) => {
    const decision = decisions[at]!
    const conflicts = decision.outcome === 'REFUSED' ? decision.conflicts : []
    return casesOf(conflicts, [...identifiers, ...phoneHashes]).map((claim) => ({ index, claim }))
  })
  const ids = await noteConflicts(
    tx,
    claims.map(({ claim }) => claim),
    ctx.now,
  )
  const first = new Map<number, string>()
  for (const [at, { index }] of claims.entries()) if (!first.has(index)) first.set(index, ids[at]!)
  return first
}

/** What was claimed for who is somebody else is that member's; what was claimed for who is refused is nobody's. */
async function settle(tx: Tx, lines: readonly Line[], decisions: readonly ImportDecision[]): Promise<void> {
  const handed: { hash: Buffer; from: MemberId; to: MemberId }[] = []
  const refused: Line[] = []
  for (const [at, line] of lines.entries()) {
    const decision = decisions[at]!
    if (decision.outcome === 'REFUSED') refused.push(line)
    if (decision.outcome !== 'KNOWN') continue
    for (const hash of decision.bind) {
      handed.push({ hash: Buffer.from(hash, 'hex'), from: line.candidate, to: decision.memberId })
    }
  }
  if (handed.length > 0) await handOverClaims(tx, handed)
  if (refused.length === 0) return
  await releaseIdentifiers(
    tx,
    refused.flatMap(({ identifiers }) => identifiers.map(({ hash }) => hash)),
    refused.map(({ candidate }) => candidate),
  )
}
