import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { IdentityContext } from '../context.ts'
import { type Facts, filledWith, missing, stillAs, without } from '../domain/join-profiles.ts'
import { type Filled, type MergeCase, pathUp } from '../domain/merge-case.ts'
import type { Profile } from '../domain/profile.ts'
import { findAttributes } from '../store/attributes.ts'
import { findMemberKeys } from '../store/member-keys.ts'
import { noteMergeEffects } from '../store/merge-cases.ts'
import { deleteProfile, findProfiles } from '../store/profiles.ts'
import { opened, writeAttributes } from './attributes.ts'
import { openDataKey } from './data-key.ts'
import { openProfile, writeProfile } from './write-profile.ts'

/** What is known of a member, by part: the profile under the empty name, attributes under their programmes'. */
type Known = ReadonlyMap<string, Facts>

const PROFILE = ''

/** Fills what the one that is left does not know of itself from the other; answers what that was. Members are locked. */
export async function joinProfiles(
  tx: Tx,
  ctx: IdentityContext,
  { fromId, intoId }: Pick<MergeCase, 'fromId' | 'intoId'>,
): Promise<Filled> {
  const known = await readKnown(tx, ctx, [fromId, intoId])
  const filled = new Map<string, string[]>()
  for (const [part, from] of known.get(fromId)!) {
    const names = missing(known.get(intoId)!.get(part) ?? {}, from)
    if (names.length === 0) continue
    await write(tx, ctx, intoId, part, (into) => filledWith(into, from, names))
    filled.set(part, names)
  }
  return filledFrom(filled)
}

/**
 * Takes out of the members above what came from the one that leaves, unless it was changed since; what others that stay know
 * takes its place.
 */
export async function partProfiles(
  tx: Tx,
  ctx: IdentityContext,
  leaving: MergeCase,
  standing: readonly MergeCase[],
): Promise<void> {
  const staying = standing.filter(({ id }) => id !== leaving.id)
  const path = [leaving, ...pathUp(leaving.intoId, staying)]
  const ids = new Set([leaving.fromId, ...path.map(({ intoId }) => intoId)])
  for (const { fromId, intoId } of staying) if (ids.has(intoId)) ids.add(fromId)
  const known = await readKnown(tx, ctx, [...ids])
  for (const [part, given] of known.get(leaving.fromId)!) {
    let names = namesOf(leaving.filled, part)
    for (const step of path) {
      const now = known.get(step.intoId)!.get(part) ?? {}
      const gone = stillAs(
        now,
        given,
        names.filter((name) => namesOf(step.filled, part).includes(name)),
      )
      if (gone.length === 0) break
      let left = without(now, gone)
      for (const other of staying.filter(
        ({ intoId, id }) => intoId === step.intoId && !path.some((up) => up.id === id),
      )) {
        const from = known.get(other.fromId)!.get(part) ?? {}
        const anew = missing(left, from).filter((name) => gone.includes(name))
        if (anew.length === 0) continue
        left = filledWith(left, from, anew)
        await noteMergeEffects(tx, other.id, { filled: withNames(other.filled, part, anew) })
      }
      // Who had no profile has none again.
      if (part === PROFILE && Object.keys(left).length === 0) await deleteProfile(tx, step.intoId)
      else await write(tx, ctx, step.intoId, part, () => left)
      names = gone
    }
  }
}

async function readKnown(
  tx: { query: Query },
  ctx: IdentityContext,
  ids: readonly string[],
): Promise<Map<string, Known>> {
  const [wrapped, profiles, attributes] = [
    await findMemberKeys(tx, ids),
    await findProfiles(tx, ids),
    await findAttributes(tx, ids),
  ]
  return new Map(
    ids.map((id) => {
      const key = wrapped.get(id)
      if (!key) return [id, new Map()]
      const dataKey = openDataKey(ctx.services.keys, id, key)
      const profile = profiles.get(id)
      const parts = new Map<string, Facts>(
        attributes
          .filter(({ memberId }) => memberId === id)
          .map((one) => [one.program, opened(dataKey, one)]),
      )
      if (profile) parts.set(PROFILE, openProfile(ctx.services.keys, profile, key) as Facts)
      return [id, parts]
    }),
  )
}

/** What a merge would fill, and what of it both know differently, for who asks before. */
export async function compareProfiles(
  ctx: IdentityContext,
  { fromId, intoId }: { fromId: string; intoId: string },
): Promise<{ from: Facts; into: Facts }> {
  const known = await readKnown(ctx.db, ctx, [fromId, intoId])
  return { from: known.get(fromId)!.get(PROFILE) ?? {}, into: known.get(intoId)!.get(PROFILE) ?? {} }
}

const write = (
  tx: Tx,
  ctx: IdentityContext,
  memberId: string,
  part: string,
  change: (known: Facts) => Facts,
): Promise<void> =>
  part === PROFILE
    ? writeProfile(tx, ctx, memberId, (known) => change(known as Facts) as Profile)
    : writeAttributes(tx, ctx, { memberId, program: part }, (known) => change(known) as typeof known)

const namesOf = (filled: Filled, part: string): readonly string[] =>
  part === PROFILE ? filled.profile : (filled.attributes[part] ?? [])

const withNames = (filled: Filled, part: string, names: readonly string[]): Filled => {
  const all = [...new Set([...namesOf(filled, part), ...names])]
  return part === PROFILE
    ? { ...filled, profile: all }
    : { ...filled, attributes: { ...filled.attributes, [part]: all } }
}

const filledFrom = (parts: ReadonlyMap<string, readonly string[]>): Filled => ({
  profile: parts.get(PROFILE) ?? [],
  attributes: Object.fromEntries([...parts].filter(([part]) => part !== PROFILE)),
})
