import './telemetry-off.ts'
import { AsyncLocalStorage } from 'node:async_hooks'
import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { GraphQLError } from 'graphql'
import type { Config, SubgraphName } from '../kernel/config.ts'
import { formatError } from '../kernel/graphql/errors.ts'
import type { Logger } from '../kernel/log.ts'
import type { Peers } from '../kernel/peers.ts'
import { documentSizeRule } from './document-size.ts'
import { type GatewayContext, MountedDataSource } from './mounted-data-source.ts'
import { withoutSecurityLinks } from './supergraph.ts'

/**
 * Names, numbers and punctuation marks of one document; planning time grows with their square. The largest documents
 * that people write have some hundreds. Lists of any length go into variables, which do not count.
 */
const DOCUMENT_TOKENS_MAX = 2_000

export interface Graph {
  /** Answers one request of GraphQL over HTTP. */
  execute(
    request: Parameters<ApolloServer<GatewayContext>['executeHTTPGraphQLRequest']>[0]['httpGraphQLRequest'],
    context: GatewayContext,
  ): ReturnType<ApolloServer<GatewayContext>['executeHTTPGraphQLRequest']>
  close(): Promise<void>
}

/** The graph as clients see it: parsed, validated and planned here, answered by the subgraphs. */
export async function openApollo(options: {
  supergraphSdl: string
  peers: Pick<Peers, 'execute'>
  mode: Config['mode']
  log: Logger
}): Promise<Graph> {
  const { peers, mode, log } = options
  const production = mode === 'production'
  const gateway = new ApolloGateway({
    supergraphSdl: withoutSecurityLinks(options.supergraphSdl),
    buildService: ({ name }) => new MountedDataSource(name as SubgraphName, peers, log),
    logger: quietLogger(log),
  })
  // Errors are formatted without their request at hand.
  const requestIds = new AsyncLocalStorage<string>()
  const server = new ApolloServer<GatewayContext>({
    gateway,
    nodeEnv: production ? 'production' : 'development',
    introspection: !production,
    hideSchemaDetailsFromClientErrors: production,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    parseOptions: { maxTokens: DOCUMENT_TOKENS_MAX },
    validationRules: [documentSizeRule],
    persistedQueries: false,
    stopOnTerminationSignals: false,
    logger: quietLogger(log),
    formatError: (_, error) => formatError(asGraphQLError(error), requestIds.getStore() ?? '', log),
    plugins: [
      operationKind,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  })
  await server.start()
  return {
    execute: (httpGraphQLRequest, context) =>
      requestIds.run(context.claims.requestId, () =>
        server.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => context }),
      ),
    close: () => server.stop(),
  }
}

const operationKind: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ contextValue, operation }) {
        contextValue.seen.operation = operation?.operation
      },
    }
  },
}

const asGraphQLError = (error: unknown): GraphQLError => {
  if (error instanceof GraphQLError) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  return new GraphQLError(cause.message, { originalError: cause })
}

/** What the libraries find worth telling at start is no news to an operator. */
const quietLogger = (log: Logger) => ({
  debug: (message?: unknown) => log.trace(String(message)),
  info: (message?: unknown) => log.debug(String(message)),
  warn: (message?: unknown) => log.warn(String(message)),
  error: (message?: unknown) => log.error(String(message)),
})
