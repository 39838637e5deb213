import { readFileSync } from 'node:fs'
import { parse as parseYaml, YAMLParseError } from 'yaml'
import { CommandError } from '../command-error.ts'

/** What a column can be for. */
export const MAP_KEYS = [
  'member',
  'date',
  'document',
  'quantity',
  'amount',
  'sku',
  'category',
  'store',
] as const
const REQUIRED = ['member', 'date', 'amount'] as const

export type MapKey = (typeof MAP_KEYS)[number]

/** Which column holds what: by the header's name, or `$1`, `$2` by place. */
export type ColumnMap = Readonly<Record<(typeof REQUIRED)[number], string>> &
  Readonly<Partial<Record<MapKey, string>>>

/** The same by place, counted from 0. */
export type ColumnPlaces = Readonly<Record<(typeof REQUIRED)[number], number>> &
  Readonly<Partial<Record<MapKey, number>>>

/** Reads `--map`: `member=customer_id,date=date,…`, or the path of a YAML file with one `key: column` a line. */
export function readColumnMap(spec: string): ColumnMap {
  return checked(spec.includes('=') ? inlinePairs(spec) : yamlPairs(spec))
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

function checked(pairs: readonly [key: string, column: string][]): ColumnMap {
  const map = new Map<string, string>()
  for (const [key, column] of pairs) {
    if (!MAP_KEYS.some((known) => known === key)) {
      throw new CommandError(`--map: there is no key "${key}"; the keys are ${MAP_KEYS.join(', ')}`)
    }
    if (map.has(key)) throw new CommandError(`--map: ${key} is given twice`)
    if (column === '') throw new CommandError(`--map: ${key} has no column`)
    map.set(key, column)
  }
  const missing = REQUIRED.find((key) => !map.has(key))
  if (missing) throw new CommandError(`--map: ${missing} is missing; ${REQUIRED.join(', ')} are required`)
  return Object.fromEntries(map) as ColumnMap
}

/** Finds the columns. `header` is undefined for a file without one: columns then go by place only. */
export function placeColumns(
  map: ColumnMap,
  { header, width }: { header: readonly string[] | undefined; width: number },
): ColumnPlaces {
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
    Object.entries(map).map(([key, column]) => [key, place(key, column)]),
  ) as unknown as ColumnPlaces
}
