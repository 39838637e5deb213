import { readFileSync } from 'node:fs'
import { parse as parseYaml, YAMLParseError } from 'yaml'
import { CommandError } from '../command-error.ts'

/** What columns can be for in a kind of file, and which it must have. */
export interface ColumnKeys<Key extends string, Required extends Key> {
  readonly keys: readonly Key[]
  readonly required: readonly Required[]
}

export const PURCHASE_KEYS = {
  keys: ['member', 'date', 'document', 'quantity', 'amount', 'sku', 'category', 'store'],
  required: ['member', 'date', 'amount'],
} as const satisfies ColumnKeys<string, string>

export type MapKey = (typeof PURCHASE_KEYS.keys)[number]
type RequiredKey = (typeof PURCHASE_KEYS.required)[number]

/** Which column holds what: by the header's name, or `$1`, `$2` by place. */
export type ColumnMap<Key extends string = MapKey, Required extends Key = never> = Readonly<
  Record<Required, string>
> &
  Readonly<Partial<Record<Key, string>>>

/** The same by place, counted from 0. */
export type ColumnPlaces<Key extends string = MapKey> = Readonly<Partial<Record<Key, number>>>

/** Reads `--map`: `member=customer_id,date=date,…`, or the path of a YAML file with one `key: column` a line. */
export const readColumnMap = (spec: string): ColumnMap<MapKey, RequiredKey> => readMap(spec, PURCHASE_KEYS)

export function readMap<Key extends string, Required extends Key>(
  spec: string,
  keys: ColumnKeys<Key, Required>,
): ColumnMap<Key, Required> {
  return checked(spec.includes('=') ? inlinePairs(spec) : yamlPairs(spec), keys)
}

function inlinePairs(spec: string): [key: string, column: string][] {
  return spec.split(',').map((pair) => {
    const at = pair.indexOf('=')
    if (at === -1) throw new CommandError(`--map: "${pair.trim()}" is not of the form key=column`)
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
  })
}

function yamlPairs(file: string): [key: string, column: string][] {
  let content: unknown
  try {
    content = parseYaml(readFileSync(file, 'utf8'))
  } catch (error) {
    const reason =
      error instanceof YAMLParseError
        ? error.message.split('\n')[0]!.replace(/:$/, '')
        : (error as NodeJS.ErrnoException).code === 'ENOENT'
          ? 'there is no such file (inline pairs look like member=customer_id,date=date,amount=total)'
          : (error as Error).message
    throw new CommandError(`--map ${file}: ${reason}`)
  }
  if (content === null || typeof content !== 'object' || Array.isArray(content)) {
    throw new CommandError(`--map ${file}: expected one "key: column" a line`)
  }
  return Object.entries(content).map(([key, column]) => {
    if (typeof column === 'string' || typeof column === 'number') return [key, String(column)]
    throw new CommandError(`--map ${file}: ${key} must name one column`)
  })
}

function checked<Key extends string, Required extends Key>(
  pairs: readonly [key: string, column: string][],
  { keys, required }: ColumnKeys<Key, Required>,
): ColumnMap<Key, Required> {
  const map = new Map<string, string>()
  for (const [key, column] of pairs) {
    if (!keys.some((known) => known === key)) {
      throw new CommandError(`--map: there is no key "${key}"; the keys are ${keys.join(', ')}`)
    }
    if (map.has(key)) throw new CommandError(`--map: ${key} is given twice`)
    if (column === '') throw new CommandError(`--map: ${key} has no column`)
    map.set(key, column)
  }
  const missing = required.find((key) => !map.has(key))
  if (missing) {
    const are = required.length === 1 ? 'is' : 'are'
    throw new CommandError(`--map: ${missing} is missing; ${required.join(', ')} ${are} required`)
  }
  return Object.fromEntries(map) as ColumnMap<Key, Required>
}

/** Finds the columns. `header` is undefined for a file without one: columns then go by place only. */
export function placeColumns<Key extends string>(
  map: ColumnMap<Key>,
  { header, width }: { header: readonly string[] | undefined; width: number },
): ColumnPlaces<Key> {
  const place = (key: string, column: string): number => {
    if (/^\$\d+$/.test(column)) {
      const index = Number(column.slice(1)) - 1
      if (index >= 0 && index < width) return index
      throw new CommandError(`--map: ${key}=${column}, but the file has ${width} columns`, 2)
    }
    if (!header) {
      throw new CommandError(`--map: ${key}=${column}, but without a header columns go by place, as $1`)
    }
    const found = header.indexOf(column)
    if (found === -1) {
      throw new CommandError(
        `--map: ${key}=${column}, but the file has no such column; it has ${header.join(', ')}`,
        2,
      )
    }
    if (header.indexOf(column, found + 1) !== -1) {
      throw new CommandError(
        `--map: two columns are called "${column}"; name it by place, as $${found + 1}`,
        2,
      )
    }
    return found
  }
  return Object.fromEntries(
    Object.entries<string>(map as Record<string, string>).map(([key, column]) => [key, place(key, column)]),
  ) as ColumnPlaces<Key>
}
