import '../telemetry-off.ts'
import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway'
import type { Logger } from '../../kernel/log.ts'
import type { SubgraphAddress } from './compiled-gateway.ts'
import { quietLogger } from './quiet-logger.ts'
import type { Source } from './source.ts'

/** The reference: `@apollo/gateway` as it comes, over the same sources. */
export function stockGateway(
  supergraphSdl: string,
  sourceOf: (subgraph: SubgraphAddress) => Source<never>,
  log: Logger,
): ApolloGateway {
  return new ApolloGateway({
    supergraphSdl,
    buildService: ({ name, url }) => dataSource(sourceOf({ name, url })),
    logger: quietLogger(log),
  })
}

const dataSource = (source: Source<never>): GraphQLDataSource => ({
  async process({ request, context }) {
    const { query = '', operationName, variables = {} } = request
    const kind = /^\s*mutation\b/.test(query) ? 'mutation' : 'query'
    const answer = await source({ query, operationName, kind, variables }, context as never)
    return answer as Awaited<ReturnType<GraphQLDataSource['process']>>
  },
})
