import { buildSubgraphSchema } from '@apollo/subgraph'
import { type GraphQLField, type GraphQLObjectType, getNamedType, isObjectType, parse } from 'graphql'
import { type Scope, scopes } from '../kernel/auth/roles.ts'
import { type FieldRule, fieldRules, type Rule } from '../kernel/graphql/rights.ts'

/**
 * Who may read which field: `yes`; `own`, a member of its own data; `part`, staff of the members of their part of the
 * organisation; `-`, nobody of this kind. What is `personal` is read
 * in clear by the member itself and by who may read personal data (`clear`), by others `masked`.
 */
export type Verdict = 'yes' | 'own' | 'part' | 'clear' | 'masked' | '-'

export const CALLERS = Object.keys(scopes) as readonly (keyof typeof scopes)[]

export interface FieldVerdicts {
  readonly subgraph: string
  readonly coordinate: string
  readonly notes: readonly string[]
  /** Without a rule of its own or its type's: it belongs to who may read a field that leads to it. */
  readonly inherited: boolean
  readonly verdicts: Readonly<Record<string, Verdict>>
}

/** The verdict of every field of a subgraph for every kind of caller. */
export function walkRights(subgraph: string, sdl: string): FieldVerdicts[] {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl) }])
  const rules = new Map(fieldRules(schema).map((entry) => [entry.coordinate, entry]))
  const types = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('_'))
  const fields = types.flatMap((type) =>
    Object.values(type.getFields())
      .filter(({ name }) => !name.startsWith('_'))
      .map((field) => ({ type, field, entry: rules.get(`${type.name}.${field.name}`)! })),
  )
  const byCaller = new Map(CALLERS.map((caller) => [caller, verdictsOf(fields, caller)]))
  return fields
    .map(({ type, field, entry: { coordinate, rule } }) => ({
      subgraph,
      coordinate,
      inherited: rule?.kind === 'inherited',
      notes: [
        ...(has(field, 'inaccessible') || has(type, 'inaccessible') ? ['internal'] : []),
        ...(has(field, 'personal') ? ['personal'] : []),
      ],
      verdicts: Object.fromEntries(
        CALLERS.map((caller) => {
          const verdict = byCaller.get(caller)!.get(coordinate)!
          return [caller, has(field, 'personal') ? sightOf(verdict, caller) : verdict]
        }),
      ),
    }))
    .toSorted((a, b) => (a.coordinate < b.coordinate ? -1 : 1))
}

interface Walked {
  readonly type: GraphQLObjectType
  readonly field: GraphQLField<unknown, unknown>
  readonly entry: Omit<FieldRule, 'rule'> & { rule: Rule | undefined }
}

/** A field without a rule of its own belongs to who may read a field that leads to its type. */
function verdictsOf(fields: readonly Walked[], caller: keyof typeof scopes): Map<string, Verdict> {
  const verdicts = new Map<string, Verdict>(fields.map(({ entry }) => [entry.coordinate, '-']))
  const reached = new Map<string, Verdict>()
  for (let changed = true; changed; ) {
    changed = false
    for (const { type, field, entry } of fields) {
      const before = verdicts.get(entry.coordinate)!
      const now = wider(before, verdictOf({ type, entry }, reached.get(type.name) ?? '-', caller))
      if (now === before) continue
      verdicts.set(entry.coordinate, now)
      const target = getNamedType(field.type).name
      reached.set(target, wider(reached.get(target) ?? '-', now))
      changed = true
    }
  }
  return verdicts
}

function verdictOf(
  { type, entry: { rule, ownedBy } }: Pick<Walked, 'type' | 'entry'>,
  through: Verdict,
  caller: keyof typeof scopes,
): Verdict {
  const granted = ((): Verdict => {
    switch (rule?.kind) {
      case 'public':
        return 'yes'
      case 'authenticated':
        return caller === 'anonymous' ? '-' : 'yes'
      case 'scopes':
        return holds(caller, rule.scopes) ? 'yes' : '-'
      default:
        return through
    }
  })()
  if (granted !== 'yes') return granted
  if (caller === 'member' && ownedBy !== undefined) return 'own'
  return PLACED.has(caller) && has(type, 'placed') ? 'part' : granted
}

const holds = (caller: keyof typeof scopes, required: readonly (readonly Scope[])[]): boolean =>
  required.some((all) => all.every((scope) => (scopes[caller] as ReadonlySet<Scope>).has(scope)))

/** Staff who work somewhere; the rest of it is head office. */
const PLACED: ReadonlySet<string> = new Set(['clerk', 'manager'])

const WIDTH: readonly Verdict[] = ['-', 'own', 'part', 'yes']
const wider = (a: Verdict, b: Verdict): Verdict => (WIDTH.indexOf(a) >= WIDTH.indexOf(b) ? a : b)

function sightOf(verdict: Verdict, caller: keyof typeof scopes): Verdict {
  if (verdict === '-') return '-'
  return caller === 'member' || holds(caller, [['pii:read']]) ? 'clear' : 'masked'
}

const has = (
  node: {
    readonly astNode?: { readonly directives?: readonly { readonly name: { value: string } }[] } | null
  },
  directive: string,
): boolean => (node.astNode?.directives ?? []).some(({ name }) => name.value === directive)

/** All of it as one file, in which a changed right is a changed line. */
export function rightsCsv(rows: readonly FieldVerdicts[]): string {
  const lines = rows.map(({ subgraph, coordinate, notes, verdicts }) =>
    [subgraph, coordinate, notes.join(' '), ...CALLERS.map((caller) => verdicts[caller])].join(','),
  )
  return `${[['subgraph', 'field', 'notes', ...CALLERS].join(','), ...lines].join('\n')}\n`
}
