import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import {
  buildSchema,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  print,
  validate,
} from 'graphql'
import { audienceOfClient, idOf } from './trusted-documents.ts'

/**
 * Makes the manifest of each client from its documents: `npm run documents`; with `--check` it only says whether they are
 * up to date. A client is a folder of `.graphql` files, each with one named operation; its manifest stands beside it, in
 * the format of Apollo's persisted queries.
 */
const FOLDER = new URL('../trusted-documents/', import.meta.url)
const SCHEMA = new URL('../../schema/', import.meta.url)

class DocumentError extends Error {
  override name = 'DocumentError'
}

interface Operation {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly body: string
}

function operationIn(file: URL, schema: GraphQLSchema): Operation {
  const name = file.pathname.split('/').slice(-2).join('/')
  let document: DocumentNode
  try {
    document = parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof GraphQLError) throw new DocumentError(`${name}: ${error.message}`)
    throw error
  }
  const operation = getOperationAST(document)
  if (!operation?.name) throw new DocumentError(`${name}: must have one operation, with a name`)
  const [wrong] = validate(schema, document)
  if (wrong) throw new DocumentError(`${name}: ${wrong.message}`)
  const body = print(document)
  return { id: idOf(body), name: operation.name.value, type: operation.operation, body }
}

function manifestOf(client: string): string {
  const audience = audienceOfClient(client)
  if (!audience) throw new DocumentError(`${client}: its name must begin with member, partner or staff`)
  const contract = audience === 'staff' ? 'api.graphql' : `contracts/${audience}.graphql`
  const schema = buildSchema(readFileSync(new URL(contract, SCHEMA), 'utf8'))
  const folder = new URL(`${client}/`, FOLDER)
  const operations = readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .sort()
    .map((file) => operationIn(new URL(file, folder), schema))
  const twice = operations.find(({ name }, at) => operations.findIndex((one) => one.name === name) !== at)
  if (twice) throw new DocumentError(`${client}: two documents are called ${twice.name}`)
  const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations }
  return `${JSON.stringify(manifest, undefined, 2)}\n`
}

/** Ends with 1 and a line for people when a document is not valid by its contract, or a manifest is stale. */
function main(check: boolean): number {
  try {
    const clients = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    const manifests = clients.map(({ name }) => ({
      path: new URL(`${name}.json`, FOLDER),
      name,
      text: manifestOf(name),
    }))
    const stale = manifests.filter(({ path, text }) => existing(path) !== text)
    if (check && stale.length > 0) {
      const names = stale.map(({ name }) => name).join(', ')
      process.stderr.write(`trusted documents of ${names}: stale; run \`npm run documents\`\n`)
      return 1
    }
    for (const { path, name, text } of stale) {
      writeFileSync(path, text)
      process.stdout.write(`trusted documents of ${name}: written\n`)
    }
    return 0
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  }
}

function existing(path: URL): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

process.exitCode = main(process.argv.includes('--check'))
