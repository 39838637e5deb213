import { isLocalDate } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { AttributeDefinition } from '../../../schema/events/program.ts'
import type { Sight } from './masking.ts'
import { checkText } from './text.ts'

/** Values of custom attributes by their id. Decimals and days are texts, lists are of texts. */
export type AttributeValue = string | number | boolean | readonly string[]
export type Attributes = Readonly<Record<string, AttributeValue>>

/** Null forgets one. */
export interface AttributeChange {
  readonly id: string
  readonly value?: unknown
}

/** Who writes: a member itself, somebody on the staff, or the back end of a channel. */
export type AttributeWriter = AttributeDefinition['setBy'][number]

type Refusal = 'ATTRIBUTE_NOT_DECLARED' | 'ATTRIBUTE_NOT_ALLOWED' | 'ATTRIBUTE_NOT_VALID'

export const CHANGES_MAX = 100
const TEXT_MAX = 500
const LIST_MAX = 50
const DECIMAL = /^-?(0|[1-9]\d{0,14})(\.\d{1,9})?$/

/** Holds changes against what the programme declares. Of two changes of one attribute the later counts. */
export function checkAttributes(
  definitions: readonly AttributeDefinition[],
  changes: readonly AttributeChange[],
  writer: AttributeWriter,
): Result<ReadonlyMap<string, AttributeValue | null>, Refusal> {
  const checked = new Map<string, AttributeValue | null>()
  if (changes.length === 0 || changes.length > CHANGES_MAX) {
    return fail('ATTRIBUTE_NOT_VALID', {
      path: ['attributes'],
      details: { attribute: '', reason: changes.length === 0 ? 'EMPTY' : 'TOO_MANY' },
    })
  }
  for (const [index, { id, value }] of changes.entries()) {
    const at = (field: string) => ['attributes', String(index), field]
    const definition = definitions.find((candidate) => candidate.id === id)
    if (!definition) return fail('ATTRIBUTE_NOT_DECLARED', { path: at('id'), details: { attribute: id } })
    if (!definition.setBy.includes(writer)) {
      return fail('ATTRIBUTE_NOT_ALLOWED', { path: at('id'), details: { attribute: id } })
    }
    if (value == null) {
      checked.set(id, null)
      continue
    }
    const read = readValue(definition, value)
    if (!read.ok) {
      const details = { attribute: id, reason: read.refusal.code }
      return fail('ATTRIBUTE_NOT_VALID', { path: at('value'), details })
    }
    checked.set(id, read.value)
  }
  return ok(checked)
}

type Fault =
  | 'TYPE'
  | 'EMPTY'
  | 'TOO_LONG'
  | 'TOO_MANY'
  | 'CONTROL_CHARACTERS'
  | 'NOT_A_CHOICE'
  | 'TOO_SMALL'
  | 'TOO_LARGE'

function readValue(definition: AttributeDefinition, value: unknown): Result<AttributeValue, Fault> {
  switch (definition.type) {
    case 'string':
      return typeof value === 'string' ? checkText(value, definition.maxLength ?? TEXT_MAX) : fail('TYPE')
    case 'integer':
      return typeof value === 'number' && Number.isSafeInteger(value)
        ? within(definition, value, value)
        : fail('TYPE')
    case 'decimal':
      return typeof value === 'string' && DECIMAL.test(value)
        ? within(definition, Number(value), value)
        : fail('TYPE')
    case 'boolean':
      return typeof value === 'boolean' ? ok(value) : fail('TYPE')
    case 'date':
      return typeof value === 'string' && isLocalDate(value) ? ok(value) : fail('TYPE')
    case 'enum':
      if (typeof value !== 'string') return fail('TYPE')
      return definition.choices?.includes(value) ? ok(value) : fail('NOT_A_CHOICE')
    case 'list':
      return readList(definition, value)
  }
}

function readList({ choices, maxLength }: AttributeDefinition, value: unknown): Result<string[], Fault> {
  if (!Array.isArray(value)) return fail('TYPE')
  if (value.length > LIST_MAX) return fail('TOO_MANY')
  const items = new Set<string>()
  for (const item of value) {
    if (typeof item !== 'string') return fail('TYPE')
    const text = checkText(item, maxLength ?? TEXT_MAX)
    if (!text.ok) return text
    if (choices && !choices.includes(text.value)) return fail('NOT_A_CHOICE')
    items.add(text.value)
  }
  return ok([...items])
}

function within<T extends AttributeValue>(
  { minimum, maximum }: AttributeDefinition,
  size: number,
  value: T,
): Result<T, 'TOO_SMALL' | 'TOO_LARGE'> {
  if (minimum !== undefined && size < minimum) return fail('TOO_SMALL')
  if (maximum !== undefined && size > maximum) return fail('TOO_LARGE')
  return ok(value)
}

/** What is known afterwards, in the order of ids, so that equal knowledge is equal text. */
export const changeAttributes = (
  known: Attributes,
  changes: ReadonlyMap<string, AttributeValue | null>,
): Attributes =>
  Object.fromEntries(
    Object.entries({ ...known, ...Object.fromEntries(changes) })
      .filter((entry): entry is [string, AttributeValue] => entry[1] !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

export interface AttributeView {
  readonly definition: AttributeDefinition
  readonly value: AttributeValue | undefined
  readonly masked: boolean
}

/** Those that are declared and known, in the order of the programme; personal ones only to who may see them. */
export const viewAttributes = (
  definitions: readonly AttributeDefinition[],
  known: Attributes,
  sight: Sight,
): AttributeView[] =>
  definitions.flatMap((definition) => {
    if (!Object.hasOwn(known, definition.id)) return []
    const masked = definition.personal && sight === 'masked'
    return [{ definition, value: masked ? undefined : known[definition.id], masked }]
  })
