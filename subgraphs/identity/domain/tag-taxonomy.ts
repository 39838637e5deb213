import { DAY_MS, type Instant, later } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { TagDefinition } from '../../../schema/events/program.ts'
import type { TagDimension, TagStatement } from './tags.ts'

/** A tag that a programme declares. */
export interface DeclaredTag extends TagDefinition {
  readonly program: string
}

export type Taxonomy = readonly DeclaredTag[]

/** The kind of a source: that of `PARTNER:cinema` is `PARTNER`. */
const kindOf = (source: string): string => source.split(':', 1)[0]!

const declared = (taxonomy: Taxonomy, dimension: TagDimension, name: string): DeclaredTag | undefined =>
  taxonomy.find((tag) => tag.id === name && tag.dimension === dimension.toLowerCase())

/** How much a source is believed about a tag: 0 most. All alike where nothing is declared. */
export const rankOf = (taxonomy: Taxonomy, dimension: TagDimension, name: string, source: string): number =>
  rankAmong(declared(taxonomy, dimension, name)?.sources ?? [], source)

/** The same by what is declared of the tag: the kinds of sources, the most believed first. */
export function rankAmong(kinds: readonly string[], source: string): number {
  const at = kinds.indexOf(kindOf(source))
  return at < 0 ? kinds.length : at
}

type TagRefusal = 'TAG_NOT_VALID' | 'TAG_NOT_DECLARED' | 'TAG_SOURCE_NOT_ALLOWED'

const WHOLE_NUMBER = /^-?\d{1,15}$/

/** Holds what a source says against the taxonomy, and says when it goes by itself. */
export function declareTags(
  taxonomy: Taxonomy,
  tags: readonly TagStatement[],
  source: string,
  now: Instant,
): Result<readonly TagStatement[], TagRefusal> {
  const closed = new Set(taxonomy.map(({ dimension }) => dimension.toUpperCase()))
  const result: TagStatement[] = []
  for (const [index, tag] of tags.entries()) {
    const path = (field: string) => ({ path: ['tags', String(index), field] })
    const definition = declared(taxonomy, tag.dimension, tag.name)
    if (!definition) {
      if (closed.has(tag.dimension)) return fail('TAG_NOT_DECLARED', path('name'))
      result.push(tag)
      continue
    }
    if (!(definition.sources as readonly string[]).includes(kindOf(source))) {
      return fail('TAG_SOURCE_NOT_ALLOWED', path('name'))
    }
    if (!isValue(definition, tag.value)) return fail('TAG_NOT_VALID', path('value'))
    const { expiresAfterDays: days } = definition
    const ends = days === undefined ? undefined : later(now, days * DAY_MS)
    result.push({ ...tag, expiresAt: tag.expiresAt ?? ends })
  }
  return ok(result)
}

function isValue({ value: kind, choices = [] }: TagDefinition, value: string): boolean {
  switch (kind) {
    case 'none':
      return value === ''
    case 'text':
      return true
    case 'number':
      return WHOLE_NUMBER.test(value)
    case 'choice':
      return choices.includes(value)
  }
}
