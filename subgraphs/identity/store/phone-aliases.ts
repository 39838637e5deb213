import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { Strength } from '../domain/one-id.ts'
import type { RecipeRecord } from '../domain/phone-recipe.ts'

/** That a marketplace's hash stands for a phone: both keyed, and neither says whose it is. */
export interface PhoneAlias {
  readonly hash: Buffer
  readonly recipe: string
  /** Where the phone itself is found. */
  readonly phoneHash: Buffer
}

export async function insertAliases(tx: Tx, aliases: readonly PhoneAlias[]): Promise<void> {
  await tx.query(
    `/* insertPhoneAliases */
     insert into phone_alias (hash, recipe, phone_hash)
     select * from unnest($1::bytea[], $2::text[], $3::bytea[]) as new (hash, recipe, phone_hash)
     order by hash
     on conflict on constraint phone_alias_key do nothing`,
    [
      aliases.map(({ hash }) => hash),
      aliases.map(({ recipe }) => recipe),
      aliases.map(({ phoneHash }) => phoneHash),
    ],
  )
}

export interface AliasedPhone {
  readonly phoneHash: Buffer
  readonly memberId: MemberId
}

/** The phones that hashes stand for and that lead to somebody, by the hex text of the hash. */
export async function findAliasedPhones(
  db: { query: Query },
  hashes: readonly Buffer[],
): Promise<Map<string, AliasedPhone>> {
  if (hashes.length === 0) return new Map()
  const rows = await db.query<{ hash: Buffer; phone_hash: Buffer; member_id: MemberId }>(
    `/* findAliasedPhones */
     select alias.hash, alias.phone_hash, identifier.member_id
     from phone_alias alias join identifier on identifier.hash = alias.phone_hash
     where alias.hash = any($1::bytea[])`,
    [hashes],
  )
  return new Map(
    rows.map((row) => [row.hash.toString('hex'), { phoneHash: row.phone_hash, memberId: row.member_id }]),
  )
}

/** Hashes stand for these phones no more; answers which did. */
export async function deleteAliases(tx: Tx, phoneHashes: readonly Buffer[]): Promise<Buffer[]> {
  const rows = await tx.query<{ hash: Buffer }>(
    `/* deletePhoneAliases */ delete from phone_alias where phone_hash = any($1::bytea[]) returning hash`,
    [phoneHashes],
  )
  return rows.map(({ hash }) => hash)
}

/** How far the phones that were there before a recipe have their hashes by it. */
export interface RecipeProgress extends RecipeRecord {
  readonly reached: { readonly memberId: string; readonly id: string } | undefined
}

/** Holds a recipe, and notes that it is in use. What it was before is answered. */
export async function lockRecipe(tx: Tx, id: string, mark: Buffer, now: Instant): Promise<RecipeProgress> {
  await tx.query(
    `/* insertPhoneRecipe */
     insert into phone_recipe (id, mark, begun_at, seen_at) values ($1, $2, $3, $3)
     on conflict on constraint phone_recipe_key do nothing`,
    [id, mark, toIso(now)],
  )
  const [row] = await tx.query<{
    mark: Buffer
    reached_member: string | null
    reached_id: string | null
    done_at: Instant | null
    begun_at: Instant
    seen_at: Instant
  }>(`/* lockPhoneRecipe */ select * from phone_recipe where id = $1 for update`, [id])
  await tx.query(`/* seePhoneRecipe */ update phone_recipe set seen_at = $2 where id = $1`, [id, toIso(now)])
  const { reached_member: memberId, reached_id: identityId } = row!
  return {
    reached: memberId && identityId ? { memberId, id: identityId } : undefined,
    mark: row!.mark,
    doneAt: row!.done_at ?? undefined,
    begunAt: row!.begun_at,
    seenAt: row!.seen_at,
  }
}

/** Phones are named by a recipe from the first one on. */
export async function restartRecipe(tx: Tx, id: string, mark: Buffer, begunAt: Instant): Promise<void> {
  await tx.query(
    `/* restartPhoneRecipe */
     update phone_recipe set mark = $2, begun_at = $3, reached_member = null, reached_id = null, done_at = null
     where id = $1`,
    [id, mark, toIso(begunAt)],
  )
}

/** Hashes by a recipe stand for phones no more. */
export async function deleteAliasesBy(tx: Tx, recipe: string): Promise<void> {
  await tx.query(`/* forgetPhoneAliasesOf */ delete from phone_alias where recipe = $1`, [recipe])
}

/** Recipes that no process has had since then are forgotten, with the hashes by them. */
export async function forgetRecipes(tx: Tx, inUse: readonly string[], before: Instant): Promise<void> {
  const gone = await tx.query<{ id: string }>(
    `/* forgetPhoneRecipes */
     delete from phone_recipe where id <> all($1::text[]) and seen_at < $2 returning id`,
    [inUse, toIso(before)],
  )
  for (const { id } of gone) await deleteAliasesBy(tx, id)
}

export async function saveRecipeProgress(
  tx: Tx,
  id: string,
  { reached, doneAt }: { reached: RecipeProgress['reached']; doneAt: Instant | undefined },
): Promise<void> {
  await tx.query(
    `/* savePhoneRecipeProgress */
     update phone_recipe set reached_member = coalesce($2, reached_member), reached_id = coalesce($3, reached_id),
       done_at = $4 where id = $1`,
    [id, reached?.memberId ?? null, reached?.id ?? null, doneAt === undefined ? null : toIso(doneAt)],
  )
}

export interface SealedPhone {
  readonly memberId: MemberId
  readonly id: string
  readonly hash: Buffer
  readonly sealedValue: Buffer
  readonly source: string
  readonly strength: Strength
}

/** Some phones behind a place, held so that none of them is given up meanwhile. */
export async function lockPhonesAfter(
  tx: Tx,
  after: RecipeProgress['reached'],
  limit: number,
): Promise<SealedPhone[]> {
  const rows = await tx.query<{
    member_id: MemberId
    id: string
    hash: Buffer
    sealed_value: Buffer
    source: string
    strength: Strength
  }>(
    `/* lockPhonesAfter */
     select member_id, id, hash, sealed_value, source, strength from channel_identity
     where kind = 'PHONE' and (member_id, id) > ($1, $2)
     order by member_id, id limit $3 for share`,
    [after?.memberId ?? FIRST, after?.id ?? FIRST, limit],
  )
  return rows.map((row) => ({
    memberId: row.member_id,
    id: row.id,
    hash: row.hash,
    sealedValue: row.sealed_value,
    source: row.source,
    strength: row.strength,
  }))
}

const FIRST = '00000000-0000-0000-0000-000000000000'
