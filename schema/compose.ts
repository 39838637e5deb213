import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { composeServices } from '@theguild/federation-composition'
import {
  buildASTSchema,
  type DocumentNode,
  extendSchema,
  type GraphQLError,
  type GraphQLSchema,
  lexicographicSortSchema,
  parse,
  printSchema,
  visit,
} from 'graphql'
import { AUDIENCES, type Audience, contractOf, outsideOf } from './contract.ts'
import { rightsCsv, walkRights } from './rights.ts'
import { tagsOf, withTags } from './tags.ts'

/**
 * Composes the `schema.graphql` of every subgraph into the documents by which others know the graph:
 * `supergraph.graphql` for gateways, `api.graphql` and a contract for each audience for clients, `rights.csv` for
 * auditors. `npm run schema` writes them; with `--check` it only says whether they are up to date.
 */
const ROOT = new URL('../', import.meta.url)

interface Artefact {
  readonly path: string
  readonly text: string
}

export class CompositionError extends Error {
  override name = 'CompositionError'
  constructor(errors: readonly GraphQLError[]) {
    super(errors.map((error) => `${error.extensions.code ?? 'INVALID'}: ${error.message}`).join('\n'))
  }
}

/**
 * The supergraph and the public schema of some subgraphs, with the subscriptions that the gateway adds; the same input
 * gives the same bytes.
 */
export function compose(
  sdlByName: Readonly<Record<string, string>>,
  subscriptions?: string,
): { supergraph: string; api: string; contracts: Record<Audience, string> } {
  const names = Object.keys(sdlByName).sort()
  // A gateway finds its subgraphs by name; the addresses stand there because the format asks for them.
  const services = names.map((name) => ({
    name,
    url: `http://${name}`,
    typeDefs: parse(sdlByName[name]!),
  }))
  const { errors } = composeServices(services)
  if (errors) throw new CompositionError(errors)
  // What does not compose has no rights to tag it by.
  const tags = tagsOf(names.flatMap((name) => walkRights(name, sdlByName[name]!)))
  const tagged = composeServices(services.map((one) => ({ ...one, typeDefs: withTags(one.typeDefs, tags) })))
  if (tagged.errors) throw new CompositionError(tagged.errors)
  const { supergraphSdl, publicSdl } = tagged
  const subgraphsApi = buildASTSchema(withoutHints(parse(publicSdl)))
  const apiSchema =
    subscriptions === undefined ? subgraphsApi : extendSchema(subgraphsApi, parse(subscriptions))
  const api = sorted(apiSchema)
  const contracts = Object.fromEntries(
    AUDIENCES.map((audience) => [audience, contractSdl(api, supergraphSdl, audience)]),
  ) as Record<Audience, string>
  return { supergraph: `${withScopes(supergraphSdl.trim())}\n`, api, contracts }
}

/** The library keeps the directive of a link and forgets its types, which would then stand in the clients' schema. */
const withScopes = (supergraphSdl: string): string =>
  supergraphSdl.replace('import: ["@cacheControl"]', 'import: ["@cacheControl", "CacheControlScope"]')

/** How long answers are kept is between subgraphs and gateway. */
const withoutHints = (api: DocumentNode): DocumentNode =>
  visit(api, {
    Directive: ({ name }) => (name.value === 'cacheControl' ? null : undefined),
    DirectiveDefinition: ({ name }) => (name.value === 'cacheControl' ? null : undefined),
    EnumTypeDefinition: ({ name }) => (name.value === 'CacheControlScope' ? null : undefined),
  })

const sorted = (schema: GraphQLSchema): string => `${printSchema(lexicographicSortSchema(schema)).trim()}\n`

function contractSdl(api: string, supergraphSdl: string, audience: Audience): string {
  const outside = outsideOf(supergraphSdl, audience)
  if (outside.size === 0) return api
  const contract: DocumentNode = contractOf(parse(api), outside)
  return sorted(buildASTSchema(contract))
}

function artefacts(): Artefact[] {
  const names = readdirSync(new URL('subgraphs/', ROOT), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
  const sdls = names.map((name) => [name, read(`subgraphs/${name}/schema.graphql`)] as const)
  const found = sdls.flatMap(([name, sdl]) => (sdl === undefined ? [] : [[name, sdl] as const]))
  const { supergraph, api, contracts } = compose(
    Object.fromEntries(found),
    `extend schema { subscription: Subscription }\n${read('gateway/subscriptions/schema.graphql')}`,
  )
  return [
    { path: 'schema/supergraph.graphql', text: supergraph },
    { path: 'schema/api.graphql', text: api },
    // That of staff is `api.graphql`.
    ...AUDIENCES.filter((audience) => audience !== 'staff').map((audience) => ({
      path: `schema/contracts/${audience}.graphql`,
      text: contracts[audience],
    })),
    { path: 'schema/rights.csv', text: rightsCsv(found.flatMap(([name, sdl]) => walkRights(name, sdl))) },
  ]
}

function read(path: string): string | undefined {
  try {
    return readFileSync(new URL(path, ROOT), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Ends with 1 and a line for people when the subgraphs do not compose, or what is written is stale. */
function main(check: boolean): number {
  try {
    const stale = artefacts().filter(({ path, text }) => read(path) !== text)
    if (check && stale.length > 0) {
      process.stderr.write(`${stale.map(({ path }) => path).join(', ')}: stale; run \`npm run schema\`\n`)
      return 1
    }
    for (const { path, text } of stale) {
      writeFileSync(new URL(path, ROOT), text)
      process.stdout.write(`${path}: written\n`)
    }
    return 0
  } catch (error) {
    if (!(error instanceof CompositionError)) throw error
    process.stderr.write(`the subgraphs do not compose:\n${error.message}\n`)
    return 1
  }
}

if (import.meta.main) process.exitCode = main(process.argv.includes('--check'))
