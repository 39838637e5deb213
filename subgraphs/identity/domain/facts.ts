import type { Instant } from '../../../kernel/values/instant.ts'
import type { Profile } from './profile.ts'
import { rankOf, type Taxonomy } from './tag-taxonomy.ts'
import { type Tag, tagSet } from './tags.ts'

/** What conditions may know of a person. The day of birth stays sealed: its month is enough for age and birthday gifts. */
export interface PersonFacts {
  readonly gender: string | undefined
  /** Months since the year 0. */
  readonly birthMonth: number | undefined
  readonly province: string | undefined
}

export const personFacts = (profile: Profile | undefined): PersonFacts => ({
  gender: profile?.gender,
  birthMonth: profile?.birthday === undefined ? undefined : monthIndex(profile.birthday),
  province: profile?.province,
})

/** The months since the year 0 of a day, `YYYY-MM-DD`. */
export const monthIndex = (day: string): number => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1

/** The tags of a member as conditions see them, and until when that holds by itself. */
export function tagFacts(
  tags: readonly Tag[],
  taxonomy: Taxonomy,
  now: Instant,
): { readonly tags: Readonly<Record<string, string>>; readonly until: Instant | undefined } {
  const set = tagSet(tags, now, ({ dimension, name, source }) => rankOf(taxonomy, dimension, name, source))
  // Also a source that is overruled now may matter when the one above it is gone, so every expiry counts.
  const ends = tags.flatMap(({ expiresAt }) => (expiresAt !== undefined && expiresAt > now ? expiresAt : []))
  return {
    tags: Object.fromEntries(
      set.map(({ dimension, name, value }) => [`${dimension.toLowerCase()}/${name}`, value]),
    ),
    until: ends.length === 0 ? undefined : (Math.min(...ends) as Instant),
  }
}
