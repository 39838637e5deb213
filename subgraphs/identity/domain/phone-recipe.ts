import { createHash } from 'node:crypto'
import { DAY_MS, HOUR_MS, type Instant } from '../../../kernel/values/instant.ts'

/** How a marketplace makes a hash of a phone number, which it hands over instead of the number. */
export interface PhoneRecipe {
  /** Names the recipe for ever: hashes of one are never compared with those of another. */
  readonly id: string
  /** The partner that the marketplace is here. */
  readonly partner: string
  /** The brand or shop within it, where each has a recipe of its own; absent: all brands. */
  readonly brand?: string | undefined
  readonly algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512' | 'sm3'
  /** How the number is written: `13800138000` of mainland China alone, `8613800138000`, or `+8613800138000`. */
  readonly phone: 'national' | 'digits' | 'e164'
  /** What is hashed, with `{phone}` and `{salt}` in their places. */
  readonly text: string
  readonly salt: string
  /** Above 1 the hexadecimal text of each hash is hashed again. */
  readonly rounds: number
}

/** The recipe for what a partner says of a brand; one of the brand's own comes before one of all. */
export const recipeFor = (
  recipes: readonly PhoneRecipe[],
  partner: string,
  brand: string,
): PhoneRecipe | undefined => {
  const own = recipes.filter((recipe) => recipe.partner === partner)
  return own.find((recipe) => recipe.brand === brand) ?? own.find((recipe) => recipe.brand === undefined)
}

/** The hash that the marketplace hands over for a phone in E.164; undefined: the recipe does not write such a number. */
export function phoneHashOf(recipe: PhoneRecipe, e164: string): string | undefined {
  const phone = written(recipe.phone, e164)
  if (phone === undefined) return undefined
  const places: Readonly<Record<string, string>> = { phone, salt: recipe.salt }
  let text = recipe.text.replace(/\{(phone|salt)\}/g, (_, place: string) => places[place]!)
  for (let round = 0; round < recipe.rounds; round++) {
    text = createHash(recipe.algorithm).update(text).digest('hex')
  }
  return text
}

const MAINLAND = '+86'

function written(form: PhoneRecipe['phone'], e164: string): string | undefined {
  switch (form) {
    case 'national':
      return e164.startsWith(MAINLAND) ? e164.slice(MAINLAND.length) : undefined
    case 'digits':
      return e164.slice(1)
    case 'e164':
      return e164
  }
}

/** What is known of a recipe by which phones are named. */
export interface RecipeRecord {
  /** Tells it from the one that stood under its id before. */
  readonly mark: Buffer
  readonly begunAt: Instant
  /** When a process that has it said so last. */
  readonly seenAt: Instant
  readonly doneAt: Instant | undefined
}

/** Processes that have a recipe and others that have it not stand side by side for no longer than that. */
export const ROLLOUT_MS = DAY_MS
/** Who is asked hourly and did not answer for so long was away. */
const AWAY_MS = 2 * HOUR_MS

/**
 * What is to be done by a recipe about the phones that are there: `anew`, from the first one on, where it is another one or
 * was away, and `again` once all processes have it, for the phones that others bound meanwhile.
 */
export function namingBy(
  known: RecipeRecord,
  mark: Buffer,
  now: Instant,
): 'anew' | 'again' | 'go-on' | 'done' {
  if (!known.mark.equals(mark) || now - known.seenAt > AWAY_MS) return 'anew'
  if (known.doneAt === undefined) return 'go-on'
  const settledAt = known.begunAt + ROLLOUT_MS
  return known.doneAt < settledAt && now >= settledAt ? 'again' : 'done'
}
