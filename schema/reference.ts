import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isUnionType,
} from 'graphql'

/** `npm run reference` writes `docs/reference/graph.md` from `api.graphql`; `--release` keeps that as the last release. */
const ROOT = new URL('../', import.meta.url)
const API = new URL('schema/api.graphql', ROOT)
export const REFERENCE_FILE = new URL('docs/reference/graph.md', ROOT)
export const RELEASED_FILE = new URL('schema/released.graphql', ROOT)

const SECTIONS: readonly (readonly [title: string, has: (type: GraphQLNamedType) => boolean])[] = [
  ['Queries', ({ name }) => name === 'Query'],
  ['Mutations', ({ name }) => name === 'Mutation'],
  ['Subscriptions', ({ name }) => name === 'Subscription'],
  ['Objects', (type) => isObjectType(type) || isInterfaceType(type) || isUnionType(type)],
  ['Inputs', isInputObjectType],
  ['Enums', isEnumType],
  ['Scalars', isScalarType],
]

const BUILT_IN = new Set(['String', 'Boolean', 'Int', 'Float', 'ID'])

/** The public graph for people: what there is, what it means, and what it is given. */
export function referenceOf(api: string): string {
  const types = Object.values(buildSchema(api).getTypeMap())
    .filter(({ name }) => !name.startsWith('__') && !BUILT_IN.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const taken = new Set<GraphQLNamedType>()
  const lines = ['# The graph', '', 'Made from `schema/api.graphql` by `npm run reference`.', '']
  for (const [title, has] of SECTIONS) {
    const own = types.filter((type) => !taken.has(type) && has(type))
    if (own.length === 0) continue
    lines.push(`## ${title}`, '')
    for (const type of own) {
      taken.add(type)
      lines.push(...sectionOf(type))
    }
  }
  return `${lines.join('\n').trim()}\n`
}

function sectionOf(type: GraphQLNamedType): string[] {
  const head = [`### ${type.name}`, '', ...(type.description ? [oneLine(type.description), ''] : [])]
  if (isEnumType(type)) {
    return [...head, '| value | meaning |', '| --- | --- |', ...type.getValues().map(enumRow), '']
  }
  if (isUnionType(type)) return [...head, `One of ${type.getTypes().map(linkTo).join(', ')}.`, '']
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return head
  const rows = Object.values(type.getFields()).map((field) => {
    const args = 'args' in field ? field.args.map(argument).join('<br>') : ''
    const meaning = [deprecated(field.deprecationReason), oneLine(field.description ?? '')].filter(Boolean)
    return `| \`${field.name}\` | ${linked(String(field.type))} | ${args} | ${meaning.join(' ')} |`
  })
  return [...head, '| field | type | arguments | meaning |', '| --- | --- | --- | --- |', ...rows, '']
}

const enumRow = ({
  name,
  description,
  deprecationReason,
}: {
  name: string
  description?: string | null
  deprecationReason?: string | null
}): string =>
  `| \`${name}\` | ${[deprecated(deprecationReason), oneLine(description ?? '')].filter(Boolean).join(' ')} |`

const argument = ({ name, type, description }: GraphQLArgument): string =>
  `\`${name}\`: ${linked(String(type))}${description ? ` - ${oneLine(description)}` : ''}`

const deprecated = (reason: string | null | undefined): string =>
  reason ? `**Deprecated**: ${oneLine(reason)}` : ''

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')

/** `[Member!]!`, with the name as a link to its section. */
const linked = (type: string): string =>
  type.replace(/\w+/, (name) => (BUILT_IN.has(name) ? name : `[${name}](#${name.toLowerCase()})`))

const linkTo = ({ name }: GraphQLNamedType): string => `[${name}](#${name.toLowerCase()})`

if (import.meta.main) {
  const api = readFileSync(API, 'utf8')
  mkdirSync(new URL('.', REFERENCE_FILE), { recursive: true })
  writeFileSync(REFERENCE_FILE, referenceOf(api))
  if (process.argv.includes('--release')) writeFileSync(RELEASED_FILE, api)
}
