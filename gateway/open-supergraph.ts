import Fastify, { type FastifyInstance } from 'fastify'
import type { GraphQLError, GraphQLFormattedError } from 'graphql'
import { ANONYMOUS } from '../kernel/auth/principal.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Config } from '../kernel/config.ts'
import { AppError } from '../kernel/errors.ts'
import type { Logger } from '../kernel/log.ts'
import { newId } from '../kernel/values/ids.ts'
import { openPipeline } from './apollo.ts'
import type { SubgraphAddress } from './execute/compiled-gateway.ts'
import { type HttpSource, httpSource } from './execute/http-source.ts'
import { errorHandler } from './http/answers.ts'
import { WIDE_LIMITS } from './limits/document-limits.ts'

const BODY_BYTES_MAX = 4 * 1024 * 1024

/**
 * A gateway over any supergraph whose subgraphs answer GraphQL over HTTP, for conformance suites and for trying out.
 * Its callers are nobody in particular, and its subgraphs' errors are shown as they are.
 */
export async function openSupergraph(options: {
  supergraphSdl: string
  executor: Config['executor']
  planner?: Config['planner']
  clock: Clock
  log: Logger
}): Promise<FastifyInstance> {
  const { supergraphSdl, executor, planner, clock, log } = options
  const sources = new Map<string, HttpSource>()
  const sourceOf = ({ name, url }: SubgraphAddress) => {
    if (!url) throw new Error(`The supergraph does not say where the subgraph ${name} listens.`)
    const source = sources.get(url) ?? httpSource(url)
    sources.set(url, source)
    return source.fetch
  }
  const graph = await openPipeline({
    supergraphSdl,
    sourceOf,
    production: false,
    executor,
    limits: WIDE_LIMITS,
    planner,
    log,
    format,
  })

  const server = Fastify({ bodyLimit: BODY_BYTES_MAX, forceCloseConnections: 'idle' })
  server.removeContentTypeParser('text/plain')
  server.setErrorHandler(errorHandler(log))
  server.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler: async ({ method, headers, url, body }, reply) => {
      const claims = { principal: ANONYMOUS, language: 'en', requestId: newId(clock.now()) }
      const answer = await graph.execute({ method, headers, url, body }, { claims, trusted: true, seen: {} })
      for (const [name, value] of answer.headers) reply.header(name, value)
      return reply.code(answer.status).send(answer.body)
    },
  })
  server.get('/health/ready', async () => ({ status: 'ready' }))
  server.addHook('onClose', async () => {
    await graph.close()
    for (const source of sources.values()) await source[Symbol.asyncDispose]()
  })
  return server
}

const format = (error: GraphQLError): GraphQLFormattedError => {
  const { extensions = {}, ...shown } = error.toJSON()
  const ours = error.originalError instanceof AppError ? error.originalError.code : undefined
  return { ...shown, extensions: { ...extensions, code: extensions.code ?? ours ?? 'INTERNAL_SERVER_ERROR' } }
}
