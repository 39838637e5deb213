import { type Instant, toIso } from '../../kernel/values/instant.ts'
import { formatDecimal, parseDecimal } from '../../kernel/values/money.ts'
import type { ColumnPlaces, MapKey } from './column-map.ts'
import type { DateReader } from './purchase-date.ts'
import type { FileRecord } from './read-records.ts'

/** A purchase as a line tells it. */
export interface Purchase {
  readonly line: number
  /** The line as it stands in the file. */
  readonly text: string
  /** The member's id in the source. */
  readonly member: string
  readonly document: string
  readonly occurredAt: string
  /** In the programme's currency. */
  readonly amount: bigint
  readonly quantity: number | undefined
  readonly sku: string | undefined
  readonly category: string | undefined
  readonly store: string | undefined
}

/** A line that was not imported, and why. */
export interface BadLine {
  readonly line: number
  /** Of the file, where the fault lies in one. */
  readonly column?: string | undefined
  readonly code: string
  readonly reason: string
  readonly text: string
}

export interface LineReading {
  readonly places: ColumnPlaces
  readonly width: number
  /** Decimals of the programme's currency. */
  readonly scale: number
  readonly dates: DateReader
}

/** What was no UTF-8, and NUL, which no text of the database can hold. */
export const GARBLED = /[\uFFFD\0]/

/** What `identity` takes. */
const ID_LENGTH_MAX = 128

/** Reads one record; the first fault found is the one that is told. */
export function readPurchase(
  record: FileRecord,
  { places, width, scale, dates }: LineReading,
): { item: Purchase } | { bad: BadLine } {
  const { line, text, fields } = record
  const bad = (code: string, reason: string) => ({ bad: { line, code, reason, text } })

  if (!fields) return bad('QUOTES_NOT_VALID', 'the quotes of this line do not fit')
  if (fields.length !== width) {
    return bad('WRONG_NUMBER_OF_FIELDS', `${fields.length} fields instead of ${width}`)
  }
  const field = (key: MapKey): string | undefined => {
    const place = places[key]
    return place === undefined ? undefined : fields[place] || undefined
  }

  const garbled = Object.values<number>(places as Record<string, number>).find((place) =>
    GARBLED.test(fields[place]!),
  )
  if (garbled !== undefined) return bad('NOT_TEXT', `field ${garbled + 1} holds bytes that are no UTF-8 text`)

  // In the form under which `identity` knows it: one member must not travel under two names.
  const member = field('member')?.normalize('NFKC').trim()
  if (!member) return bad('MEMBER_MISSING', 'the line names no member')
  if (member.length > ID_LENGTH_MAX) {
    return bad('MEMBER_NOT_VALID', `the member's id is longer than ${ID_LENGTH_MAX} characters`)
  }

  const document = places.document === undefined ? `line-${line}` : field('document')
  if (!document) return bad('DOCUMENT_MISSING', 'the line has no document number')

  const occurredAt = readDate(field('date'), dates)
  if (occurredAt === undefined) {
    return bad('DATE_NOT_VALID', `"${field('date') ?? ''}" is not a date${formatHint(dates)}`)
  }

  const amount = parseDecimal(field('amount') ?? '', scale)
  if (amount === undefined) {
    const expected = scale === 0 ? 'without decimals' : `with at most ${scale} decimals`
    return bad('AMOUNT_NOT_VALID', `"${field('amount') ?? ''}" is not an amount ${expected}`)
  }
  if (amount < 0n) return bad('AMOUNT_NEGATIVE', `the amount is ${formatDecimal(amount, scale)}`)

  const quantity = field('quantity')
  if (quantity !== undefined && !/^0*[1-9]\d{0,8}$/.test(quantity)) {
    return bad('QUANTITY_NOT_VALID', `"${quantity}" is not a whole number from 1 on`)
  }

  return {
    item: {
      line,
      text,
      member,
      document,
      occurredAt: toIso(occurredAt),
      amount,
      quantity: quantity === undefined ? undefined : Number(quantity),
      sku: field('sku'),
      category: field('category'),
      store: field('store'),
    },
  }
}

const readDate = (text: string | undefined, dates: DateReader): Instant | undefined =>
  text === undefined ? undefined : dates.read(text)

const formatHint = (dates: DateReader): string => (dates.format ? ` as ${dates.format}` : '')
