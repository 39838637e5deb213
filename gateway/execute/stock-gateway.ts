import '../telemetry-off.ts'
import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway'
import type { Logger } from '../../kernel/log.ts'
import type { SubgraphAddress } from './compiled-gateway.ts'
import { quietLogger } from './quiet-logger.ts'
import type { Source } from './source.ts'

export interface StockGateway {
  readonly gateway: ApolloGateway
  update(supergraphSdl: string): Promise<void>
}

/** The reference: `@apollo/gateway` as it comes, over the same sources. */
export function stockGateway(
  supergraphSdl: string,
  sourceOf: (subgraph: SubgraphAddress) => Source<never>,
  log: Logger,
): StockGateway {
  let update: (supergraphSdl: string) => void = () => {}
  const gateway = new ApolloGateway({
    supergraphSdl: async (manager) => {
      update = manager.update
      return { supergraphSdl }
    },
    buildService: ({ name, url }) => dataSource(sourceOf({ name, url })),
    logger: quietLogger(log),
  })
  return { gateway, update: async (next) => update(next) }
}

const dataSource = (source: Source<never>): GraphQLDataSource => ({
  async process({ request, context }) {
    const { query = '', operationName, variables = {} } = request
    const kind = /^\s*mutation\b/.test(query) ? 'mutation' : 'query'
    const answer = await source({ query, operationName, kind, variables }, context as never)
    return answer as Awaited<ReturnType<GraphQLDataSource['process']>>
  },
})
