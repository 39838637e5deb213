import type { Tx } from '../../../kernel/db/transaction.ts'
import { type MemberId, newId } from '../../../kernel/values/ids.ts'
import { later } from '../../../kernel/values/instant.ts'
import type { IdentityContext } from '../context.ts'
import { namingBy, type PhoneRecipe, phoneHashOf, ROLLOUT_MS } from '../domain/phone-recipe.ts'
import { blindIndex, identityText, recipeMark } from '../domain/sealing.ts'
import { type ChannelIdentityRow, deleteChannelIdentity } from '../store/channel-identities.ts'
import { noteConflicts, type Seen } from '../store/conflicts.ts'
import { claimIdentifiers, releaseIdentifiers, settleClaims } from '../store/identifiers.ts'
import { findMemberKeys } from '../store/member-keys.ts'
import { findMembers } from '../store/members.ts'
import {
  deleteAliasesBy,
  forgetRecipes,
  insertAliases,
  lockPhonesAfter,
  lockRecipe,
  type PhoneAlias,
  restartRecipe,
  saveRecipeProgress,
} from '../store/phone-aliases.ts'
import { openDataKey } from './data-key.ts'
import type { VerifiedIdentifier } from './verify-proofs.ts'

type Phone = Pick<VerifiedIdentifier, 'kind' | 'value' | 'hash' | 'strength' | 'source'>

/** The hashes that marketplaces make of the phones among these: whoever proves a phone proves its hashes. */
export function phoneHashesOf<P extends Phone>(
  ctx: IdentityContext,
  identifiers: readonly P[],
  recipes: readonly PhoneRecipe[] = ctx.services.phoneRecipes,
): (VerifiedIdentifier & { readonly phone: P })[] {
  if (recipes.length === 0) return []
  return identifiers
    .filter(({ kind }) => kind === 'PHONE')
    .flatMap((phone) =>
      recipes.flatMap((recipe) => {
        const value = phoneHashOf(recipe, phone.value)
        if (value === undefined) return []
        const identifier = { kind: 'PHONE_HASH', scope: recipe.id, value } as const
        const hash = blindIndex(ctx.services.keys.index, identifier)
        return { ...identifier, hash, strength: phone.strength, source: phone.source, phone }
      }),
    )
}

/**
 * Holds hashes of phones for the rest of the transaction, so that nobody begins a member by one of them meanwhile. Answers to
 * whom those lead that lead to somebody, by their hex text.
 */
export async function holdHashes(
  tx: Tx,
  ctx: IdentityContext,
  phoneHashes: readonly VerifiedIdentifier[],
): Promise<Map<string, MemberId>> {
  if (phoneHashes.length === 0) return new Map()
  const claimedFor = newId<MemberId>(ctx.now)
  const holders = await claimIdentifiers(
    tx,
    phoneHashes.map(({ kind, scope, hash }) => ({ kind, scope, hash, memberId: claimedFor })),
  )
  // Others wait for what was claimed here until the end, also when it is given back.
  await settleClaims(tx, { claimedFor, hashes: phoneHashes.map(({ hash }) => hash), kept: [] })
  return new Map([...holders].filter(([, holder]) => holder !== claimedFor))
}

/**
 * The hashes of a phone by which its person is known, too, under whichever of its ids: they go with the phone, or whoever
 * has the number next would be taken for its person.
 */
export async function boundHashesOf(
  tx: Tx,
  ctx: IdentityContext,
  phone: ChannelIdentityRow,
  held: readonly ChannelIdentityRow[],
): Promise<ChannelIdentityRow[]> {
  const bound = phone.kind === 'PHONE' ? held.filter(({ kind }) => kind === 'PHONE_HASH') : []
  if (bound.length === 0) return []
  const hashes = phoneHashesOf(ctx, [{ ...phone, value: await identityTextOf(tx, ctx, phone) }])
  return bound.filter((one) => goesWith(ctx, hashes, one))
}

/** Is it among the hashes of a phone? By a recipe that is not known here it may be of any, and goes with each. */
export const goesWith = (
  { services }: IdentityContext,
  hashes: readonly { readonly hash: Buffer }[],
  { kind, scope, hash }: Pick<ChannelIdentityRow, 'kind' | 'scope' | 'hash'>,
): boolean =>
  kind === 'PHONE_HASH' &&
  (hashes.some((one) => one.hash.equals(hash)) || !services.phoneRecipes.some(({ id }) => id === scope))

/** What an identity of a member who is held says. */
export async function identityTextOf(
  tx: Tx,
  { services }: IdentityContext,
  identity: ChannelIdentityRow,
): Promise<string> {
  if (identity.value !== undefined) return identity.value
  const { memberId } = identity
  const wrapped = (await findMemberKeys(tx, [memberId])).get(memberId)!
  return identityText(openDataKey(services.keys, memberId, wrapped), identity)!
}

/**
 * Phones that were bound are found by their hashes from now on, and the phone takes the place of a hash by which its
 * member was known until now. Where a hash leads to somebody else, people decide whose it is.
 */
export async function nameByHashes(
  tx: Tx,
  ctx: IdentityContext,
  bindings: readonly { readonly memberId: MemberId; readonly identifier: Phone }[],
  recipes?: readonly PhoneRecipe[],
): Promise<void> {
  const owners = new Map(bindings.map(({ memberId, identifier }) => [identifier, memberId]))
  const hashes = phoneHashesOf(ctx, [...owners.keys()], recipes)
  if (hashes.length === 0) return
  await insertAliases(
    tx,
    hashes.map(({ hash, scope, phone }): PhoneAlias => ({ hash, recipe: scope, phoneHash: phone.hash })),
  )
  const holders = await holdHashes(tx, ctx, hashes)
  if (holders.size === 0) return
  const persons = await findMembers(tx, [...holders.values(), ...owners.values()])
  const personOf = (id: MemberId): MemberId => persons.get(id)?.id ?? id
  const contested: Seen[] = []
  for (const { kind, scope, hash, strength, source, phone } of hashes) {
    const holder = holders.get(hash.toString('hex'))
    if (holder === undefined) continue
    const [holderId, claimantId] = [personOf(holder), personOf(owners.get(phone)!)]
    if (holderId === claimantId) {
      await deleteChannelIdentity(tx, holder, hash)
      await releaseIdentifiers(tx, [hash], [holder])
      continue
    }
    const claim = { hash, identifierKind: kind, identifierScope: scope, strength, source }
    contested.push({ ...claim, kind: 'TWO_MEMBERS', holderId, claimantId })
  }
  await noteConflicts(tx, contested, ctx.now)
}

const CHUNK = 500

/** Names by a recipe that is new or was changed the phones that were bound before it, and forgets those that are gone. */
export async function nameStandingPhones(ctx: IdentityContext): Promise<void> {
  const { phoneRecipes } = ctx.services
  for (const recipe of phoneRecipes) {
    while (await ctx.db.transaction((tx) => nameSome(tx, ctx, recipe)));
  }
  const inUse = phoneRecipes.map(({ id }) => id)
  await ctx.db.transaction((tx) => forgetRecipes(tx, inUse, later(ctx.now, -ROLLOUT_MS)))
}

/** Answers whether there may be more. */
async function nameSome(tx: Tx, ctx: IdentityContext, recipe: PhoneRecipe): Promise<boolean> {
  const { keys } = ctx.services
  const mark = recipeMark(keys.index, recipe)
  const known = await lockRecipe(tx, recipe.id, mark, ctx.now)
  const naming = namingBy(known, mark, ctx.now)
  if (naming === 'done') return false
  if (!known.mark.equals(mark)) await deleteAliasesBy(tx, recipe.id)
  const begunAt = naming === 'again' ? known.begunAt : ctx.now
  if (naming !== 'go-on') await restartRecipe(tx, recipe.id, mark, begunAt)
  const phones = await lockPhonesAfter(tx, naming === 'go-on' ? known.reached : undefined, CHUNK)
  const wrapped = await findMemberKeys(
    tx,
    phones.map(({ memberId }) => memberId),
  )
  const opened = phones.flatMap((phone) => {
    const key = wrapped.get(phone.memberId)
    const value = key && identityText(openDataKey(keys, phone.memberId, key), phone)
    return value === undefined
      ? []
      : { memberId: phone.memberId, identifier: { ...phone, kind: 'PHONE' as const, value } }
  })
  await nameByHashes(tx, ctx, opened, [recipe])
  const more = phones.length === CHUNK
  await saveRecipeProgress(tx, recipe.id, { reached: phones.at(-1), doneAt: more ? undefined : ctx.now })
  return more
}
