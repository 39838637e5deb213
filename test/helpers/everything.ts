import { readFileSync } from 'node:fs'
import pg from 'pg'
import { openApollo } from '../../gateway/apollo.ts'
import { openAll } from '../../gateway/open-all.ts'
import { TestClock } from '../../kernel/clock.ts'
import { SUBGRAPH_NAMES } from '../../kernel/config.ts'
import { silentLog } from '../../kernel/log.ts'
import { openBesideHive } from './beside-hive.ts'
import { openBothExecutors } from './both-executors.ts'
import { loadSubgraph, openTestDatabase } from './database.ts'
import { testConfig, testSecrets } from './graph.ts'

export interface GraphQLResult<Data> {
  readonly data: Data
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[]
}

/**
 * The whole of Huitong behind its gateway, on a database of its own, with the `super-member` programme published.
 * Each operation is compared with what the stock executor answers to it or, by `npm run conformance`, Hive's gateway;
 * with `kept` instead, answers are kept that may be.
 */
export async function openEverything(
  options: { now?: string; env?: Record<string, string>; kept?: boolean } = {},
) {
  const subgraphs = await Promise.all(SUBGRAPH_NAMES.map((name) => loadSubgraph[name]()))
  const database = await openTestDatabase(subgraphs)
  const clock = TestClock.standingAt(options.now ?? '2026-12-01T02:00:00Z')
  const all = await openAll({
    config: testConfig(options.env),
    clock,
    log: silentLog,
    databaseUrl: database.url,
    secrets: testSecrets,
    openGraph: options.kept
      ? openApollo
      : process.env.HUITONG_TEST_BESIDE_HIVE
        ? openBesideHive
        : openBothExecutors,
  })
  const owner = new pg.Client({ connectionString: database.url })
  await owner.connect()

  const post = (url: string, payload: unknown, headers: Record<string, string> = {}) =>
    all.server.inject({ method: 'POST', url, payload: payload as object, headers })

  const everything = {
    all,
    clock,
    databaseUrl: database.url,

    /** An access token of the sandbox: `{ kind: 'clerk', store: 'store-1' }`. */
    async token(caller: Record<string, string>): Promise<string> {
      const response = await post('/sandbox/token', caller)
      return response.json<{ token: string }>().token
    },

    /** Asks the gateway as a front end would, with or without a token; answers data and errors. */
    async tryAsk<Data = never>(
      token: string | undefined,
      query: string,
      variables: Record<string, unknown> = {},
      headers: Record<string, string> = {},
    ): Promise<GraphQLResult<Data>> {
      const authorization: Record<string, string> =
        token === undefined ? {} : { authorization: `Bearer ${token}` }
      const response = await post('/graphql', { query, variables }, { ...authorization, ...headers })
      return response.json<GraphQLResult<Data>>()
    },

    /** The same, for what should succeed: answers data. */
    async ask<Data = never>(
      token: string | undefined,
      query: string,
      variables: Record<string, unknown> = {},
      headers: Record<string, string> = {},
    ): Promise<Data> {
      const { data, errors } = await everything.tryAsk<Data>(token, query, variables, headers)
      if (errors) throw new Error(errors.map(({ message }) => message).join('; '))
      return data
    },

    async sql<Row extends object = never>(text: string, values: unknown[] = []): Promise<Row[]> {
      return (await owner.query(text, values)).rows as Row[]
    },

    async [Symbol.asyncDispose](): Promise<void> {
      await owner.end()
      await all.close()
      await database[Symbol.asyncDispose]()
    },
  }

  const admin = await everything.token({ kind: 'admin' })
  const document = readFileSync(new URL('../../programs/super-member.yaml', import.meta.url), 'utf8')
  await everything.ask(
    admin,
    'mutation Publish($document: String!) { publishProgram(document: $document) { version refusal { code } } }',
    { document },
    { prefer: 'wait=10' },
  )
  return everything
}
