import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const COMPILER = join(import.meta.dirname, 'node_modules/relay-compiler/cli.js')
const API = join(import.meta.dirname, '../../schema/api.graphql')

/** As a front end in Relay would write it: a page of a list, a fragment on an entity, a mutation. */
const SOURCE = `
graphql\`fragment home_member on Member {
  id
  number
  account { points { available } tier { tier { name } } }
}\`
graphql\`fragment home_benefits on Query @argumentDefinitions(first: { type: "Int", defaultValue: 10 }, after: { type: "String" })
@refetchable(queryName: "HomeBenefitsPage") {
  benefits(first: $first, after: $after) @connection(key: "home_benefits") { edges { node { id name } } }
}\`
graphql\`query homeQuery { me { ...home_member } ...home_benefits }\`
graphql\`mutation homeTagMutation($input: RecordPurchaseInput!) {
  recordPurchase(input: $input) { purchase { id points } refusal { code message } }
}\`
`

test('the Relay compiler takes the public schema and what a front end asks of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'relay-'))
  try {
    await mkdir(join(folder, 'src'))
    await cp(API, join(folder, 'schema.graphql'))
    await writeFile(join(folder, 'src/home.js'), SOURCE)
    const config = { src: './src', schema: './schema.graphql', language: 'javascript' }
    await writeFile(join(folder, 'relay.config.json'), JSON.stringify(config))
    const run = promisify(execFile)(process.execPath, [COMPILER, 'relay.config.json'], { cwd: folder })
    await run.catch(({ stdout, stderr }) => {
      throw new Error(`${stdout}\n${stderr}`)
    })
    const made = await readdir(join(folder, 'src/__generated__'))
    expect(made.toSorted()).toEqual([
      'HomeBenefitsPage.graphql.js',
      'homeQuery.graphql.js',
      'homeTagMutation.graphql.js',
      'home_benefits.graphql.js',
      'home_member.graphql.js',
    ])
  } finally {
    await rm(folder, { recursive: true })
  }
})
