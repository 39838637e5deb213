import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'

export type TagDimension = 'CONSUMPTION' | 'INTEREST' | 'BEHAVIOUR' | 'REGION' | 'VALUE' | 'LIFECYCLE'

/** A tag as one source keeps it. */
export interface Tag {
  readonly dimension: TagDimension
  readonly name: string
  readonly value: string
  /** A channel, `PARTNER:<id>`, `STAFF`, or `RULE`. */
  readonly source: string
  readonly setBy: string
  readonly confidence: number
  readonly setAt: Instant
  readonly expiresAt: Instant | undefined
}

/** A tag as a reader sees it: what the most certain source says, and who else says it is there. */
export interface TagInSet extends Tag {
  readonly sources: readonly string[]
}

/**
 * The tags of all sources as one set: each (dimension, name) once. The source that the taxonomy believes most gives the
 * value, of equals the most certain, then the latest. What has expired is gone.
 */
export function tagSet<T extends Tag>(
  tags: readonly T[],
  now: Instant,
  rank: (tag: T) => number = () => 0,
): TagInSet[] {
  const live = lastWords(tags)
    .filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
    .toSorted(
      (a, b) =>
        rank(a) - rank(b) || b.confidence - a.confidence || b.setAt - a.setAt || compare(a.source, b.source),
    )
  const bySubject = Map.groupBy(live, ({ dimension, name }) => `${dimension} ${name}`)
  return [...bySubject.values()]
    .map((same) => ({ ...same[0]!, sources: same.map(({ source }) => source).toSorted(compare) }))
    .toSorted((a, b) => compare(a.dimension, b.dimension) || compare(a.name, b.name))
}

/** Where a person has several ids, a source may have spoken under each: its last word on a tag counts. */
function lastWords<T extends Tag>(tags: readonly T[]): T[] {
  const last = new Map<string, T>()
  for (const tag of tags) {
    const key = JSON.stringify([tag.dimension, tag.name, tag.source])
    if ((last.get(key)?.setAt ?? Number.NEGATIVE_INFINITY) < tag.setAt) last.set(key, tag)
  }
  return [...last.values()]
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export interface TagInput {
  readonly dimension: TagDimension
  readonly name: string
  readonly value?: string | null
  readonly confidence?: number | null
  readonly expiresAt?: Instant | null
}

/** What a source says of a member. */
export type TagStatement = Pick<Tag, 'dimension' | 'name' | 'value' | 'confidence' | 'expiresAt'>

const TAGS_MAX = 100
const TEXT_MAX = 64

/** Checks tags to be set; of two with one dimension and name the last counts. */
export function checkTags(
  given: readonly TagInput[],
  now: Instant,
): Result<readonly TagStatement[], 'TAG_NOT_VALID'> {
  if (given.length === 0 || given.length > TAGS_MAX) return fail('TAG_NOT_VALID', { path: ['tags'] })
  const tags = new Map<string, TagStatement>()
  for (const [index, { dimension, name: text, value: given_, confidence, expiresAt }] of given.entries()) {
    const wrong = (field: string) => fail('TAG_NOT_VALID', { path: ['tags', String(index), field] })
    const name = text.trim()
    const value = given_?.trim() ?? ''
    if (name === '' || name.length > TEXT_MAX) return wrong('name')
    if (value.length > TEXT_MAX) return wrong('value')
    if (confidence != null && !(confidence >= 0 && confidence <= 1)) return wrong('confidence')
    if (expiresAt != null && expiresAt <= now) return wrong('expiresAt')
    tags.set(`${dimension} ${name}`, {
      dimension,
      name,
      value,
      confidence: confidence ?? 1,
      expiresAt: expiresAt ?? undefined,
    })
  }
  return ok([...tags.values()])
}
