import { isLocalDate, toIso } from '../../kernel/values/instant.ts'
import type { ColumnKeys, ColumnPlaces } from './column-map.ts'
import type { DateReader } from './purchase-date.ts'
import { type BadLine, GARBLED } from './purchase-line.ts'
import type { FileRecord } from './read-records.ts'

export const MEMBER_KEYS = {
  keys: [
    'key',
    'phone',
    'card',
    'unionid',
    'app_user',
    'name',
    'gender',
    'birthday',
    'province',
    'identity_number',
    'joined',
    'store',
    'tags',
    'points',
  ],
  required: ['key'],
} as const satisfies ColumnKeys<string, string>

export type MemberKey = (typeof MEMBER_KEYS.keys)[number]

export interface TagText {
  readonly dimension: string
  readonly name: string
  readonly value: string
}

/** A member of the past as a line tells it, in the words of `importMembers`. */
export interface ImportedLine {
  readonly line: number
  /** The line as it stands in the file. */
  readonly text: string
  readonly points: number | undefined
  readonly person: {
    readonly key: string
    readonly identities: readonly { kind: string; scope?: string; value: string }[]
    readonly profile: Readonly<Record<string, string>>
    readonly joinedAt: string | undefined
    readonly store: string | undefined
    readonly tags: readonly TagText[]
  }
}

const GENDERS: Readonly<Record<string, string>> = {
  f: 'FEMALE',
  female: 'FEMALE',
  女: 'FEMALE',
  m: 'MALE',
  male: 'MALE',
  男: 'MALE',
  o: 'OTHER',
  other: 'OTHER',
}

const IDENTITIES = { phone: 'PHONE', card: 'CARD', unionid: 'WECHAT_UNIONID', app_user: 'APP_USER' } as const
const TEXTS = { name: 'name', province: 'province', identity_number: 'identityNumber' } as const

/** A tag as files and flags write it: `interest/coffee=weekly`, or without a value. */
export function readTag(text: string): TagText | undefined {
  const [, dimension, name, value = ''] = /^([a-z]+)\/([^=;]+)(?:=(.*))?$/i.exec(text.trim()) ?? []
  return dimension && name
    ? { dimension: dimension.toUpperCase(), name: name.trim(), value: value.trim() }
    : undefined
}

export interface MemberReading {
  readonly places: ColumnPlaces<MemberKey>
  /** What each column is called, for people. */
  readonly nameOf: (key: MemberKey) => string
  readonly width: number
  /** Of every member. */
  readonly tags: readonly TagText[]
  readonly points: number | undefined
}

/** Reads one record as far as its form goes; the first fault found is the one that is told. */
export function readMember(
  record: FileRecord,
  dates: DateReader,
  { places, nameOf, width, tags, points }: MemberReading,
): { item: ImportedLine } | { bad: BadLine } {
  const { line, text, fields } = record
  const bad = (code: string, reason: string, key?: MemberKey) => ({
    bad: { line, column: key && nameOf(key), code, reason, text },
  })
  if (!fields) return bad('QUOTES_NOT_VALID', 'the quotes of this line do not fit')
  if (fields.length !== width) {
    return bad('WRONG_NUMBER_OF_FIELDS', `${fields.length} fields instead of ${width}`)
  }
  const field = (key: MemberKey): string | undefined => {
    const place = places[key]
    return place === undefined ? undefined : fields[place]!.trim() || undefined
  }
  const garbled = MEMBER_KEYS.keys.find((key) => GARBLED.test(field(key) ?? ''))
  if (garbled) return bad('NOT_TEXT', 'the field holds bytes that are no UTF-8 text', garbled)
  const key = field('key')
  if (key === undefined) return bad('KEY_MISSING', 'the line has no key', 'key')

  const profile: Record<string, string> = {}
  for (const [column, name] of Object.entries(TEXTS) as [keyof typeof TEXTS, string][]) {
    const value = field(column)
    if (value !== undefined) profile[name] = value
  }
  const gender = field('gender')
  if (gender !== undefined) {
    const known = GENDERS[gender.toLowerCase()]
    if (!known) return bad('GENDER_NOT_VALID', `"${gender}" is no gender that is known here`, 'gender')
    profile.gender = known
  }
  const birthday = field('birthday')?.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3')
  if (birthday !== undefined) {
    if (!isLocalDate(birthday)) return bad('DATE_NOT_VALID', `"${birthday}" is not a day`, 'birthday')
    profile.birthday = birthday
  }
  const joined = field('joined')
  const joinedAt = joined === undefined ? undefined : dates.read(joined)
  if (joined !== undefined && joinedAt === undefined) {
    return bad(
      'DATE_NOT_VALID',
      `"${joined}" is not a date${dates.format ? ` as ${dates.format}` : ''}`,
      'joined',
    )
  }
  const own: TagText[] = []
  for (const part of field('tags')?.split(';') ?? []) {
    if (part.trim() === '') continue
    const tag = readTag(part)
    if (!tag) return bad('TAG_NOT_VALID', `"${part.trim()}" is not of the form dimension/name=value`, 'tags')
    own.push(tag)
  }
  const given = field('points')
  if (given !== undefined && !/^\d{1,9}$/.test(given)) {
    return bad('POINTS_NOT_VALID', `"${given}" is not a whole number of points`, 'points')
  }
  const identities = (Object.entries(IDENTITIES) as [keyof typeof IDENTITIES, string][]).flatMap(
    ([column, kind]) => {
      const value = field(column)
      return value === undefined ? [] : { kind, value }
    },
  )
  return {
    item: {
      line,
      text,
      points: given === undefined ? points : Number(given),
      person: {
        key,
        identities,
        profile,
        joinedAt: joinedAt === undefined ? undefined : toIso(joinedAt),
        store: field('store'),
        tags: [...tags, ...own],
      },
    },
  }
}

/** The column in which what `importMembers` refuses stands. */
export function columnOf(path: readonly string[], line: ImportedLine): MemberKey | undefined {
  const [first, second] = path
  if (first === 'key') return 'key'
  if (first === 'tags') return 'tags'
  if (first === 'identities') {
    const kind = line.person.identities[Number(second)]?.kind
    return (Object.keys(IDENTITIES) as (keyof typeof IDENTITIES)[]).find(
      (column) => IDENTITIES[column] === kind,
    )
  }
  if (first !== 'profile') return undefined
  if (second === 'identityNumber') return 'identity_number'
  return MEMBER_KEYS.keys.find((key) => key === second)
}
