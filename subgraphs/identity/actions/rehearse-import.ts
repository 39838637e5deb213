import type { MemberId } from '../../../kernel/values/ids.ts'
import type { IdentityContext } from '../context.ts'
import type { ImportDecision } from '../domain/import-plan.ts'
import { findOwners } from '../store/identifiers.ts'
import { findMembers } from '../store/members.ts'
import {
  findRehearsedOf,
  findRehearsedOwners,
  insertRehearsed,
  type RehearsedIdentifier,
} from '../store/rehearsals.ts'
import { boundOf, claimsOf, type Line, planLines, toldBy } from './import-lines.ts'

/**
 * Who the lines would be if they, and those of the calls before in the same rehearsal, were imported. What a line would
 * bind is remembered in `rehearsed_identifier`, so that later calls find it.
 */
export async function rehearseLines(
  ctx: IdentityContext,
  rehearsal: string | undefined,
  lines: readonly Line[],
): Promise<{ decisions: ImportDecision[]; standing: ReadonlySet<MemberId> }> {
  const claims = claimsOf(lines)
  if (claims.size === 0) return { decisions: [], standing: new Set() }
  const hashes = [...claims.values()].map(({ hash }) => hash)
  const bound = await findOwners(ctx.db, hashes)
  const rehearsed = rehearsal ? await findRehearsedOwners(ctx.db, rehearsal, hashes) : new Map()
  const owners = new Map(
    [...claims].map(([key, { memberId }]) => [key, bound.get(key) ?? rehearsed.get(key) ?? memberId]),
  )
  const told = lines.flatMap((line) => toldBy(line, owners))
  const begun = await findOwners(
    ctx.db,
    told.map(({ hash }) => hash),
  )
  for (const [key, holder] of begun) owners.set(key, holder)
  const strangers = [...new Set([...bound.values(), ...rehearsed.values(), ...begun.values()])]
  const members = await findMembers(ctx.db, strangers)
  const standing = new Set([...members.values()].flatMap(({ id, status }) => (status === 'ERASED' ? [] : id)))
  const persons = new Map<string, MemberId>()
  for (const stranger of strangers) {
    const member = members.get(stranger)
    // Who would have begun in a call before is no member, and stands for itself.
    if (!member) persons.set(stranger, stranger)
    else if (standing.has(member.id)) persons.set(stranger, member.id)
  }
  const held = rehearsal ? await findRehearsedOf(ctx.db, rehearsal, [...new Set(persons.values())]) : []
  const decisions = await planLines(ctx.db, ctx, lines, { owners, persons, rehearsed: held })
  const fresh = rehearsal ? wouldBind(lines, decisions) : []
  if (rehearsal && fresh.length > 0) {
    await ctx.db.transaction((tx) => insertRehearsed(tx, rehearsal, fresh, ctx.now))
  }
  return { decisions, standing }
}

const wouldBind = (lines: readonly Line[], decisions: readonly ImportDecision[]): RehearsedIdentifier[] =>
  lines.flatMap((line, at) => {
    const decision = decisions[at]!
    if (decision.outcome === 'REFUSED') return []
    const { memberId: personId } = decision
    return boundOf(line, decision).map(({ hash, kind, scope }) => ({ hash, kind, scope, personId }))
  })
