import type { Counters } from './earn-counters.ts'

/** Tags that a decision saw stand beside the counters that it looked at: rated again, it says the same. */
const PREFIX = 'tag:'

export const withTags = (consulted: Counters | undefined, tags: readonly string[]): Counters | undefined =>
  tags.length === 0
    ? consulted
    : { ...consulted, ...Object.fromEntries(tags.map((tag) => [PREFIX + tag, 1n])) }

export const tagsIn = (counted: Counters | undefined): string[] =>
  Object.keys(counted ?? {}).flatMap((key) => (key.startsWith(PREFIX) ? [key.slice(PREFIX.length)] : []))
