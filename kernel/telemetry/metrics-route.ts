import { timingSafeEqual } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Config } from '../config.ts'
import { sha256 } from '../values/canonical.ts'
import { metricsText, registry } from './metrics.ts'

/**
 * `/metrics`, on the server's own port where that is no secret: in the sandbox, and in production for who bears the
 * token. On a port of its own (`openMetricsServer`) it needs none, as that port is for the inside only.
 */
export function metricsRoute(
  server: FastifyInstance,
  { mode, metrics }: Pick<Config, 'mode' | 'metrics'>,
): void {
  const { token } = metrics
  if (token === undefined && mode === 'production') return
  addRoute(server, token)
}

/** A server for metrics alone, where a port for it is set. */
export async function openMetricsServer({
  host,
  metrics,
}: Pick<Config, 'host' | 'metrics'>): Promise<AsyncDisposable> {
  if (metrics.port === undefined) return { [Symbol.asyncDispose]: async () => {} }
  const server = Fastify()
  addRoute(server, metrics.token)
  await server.listen({ host, port: metrics.port })
  return { [Symbol.asyncDispose]: () => server.close() }
}

function addRoute(server: FastifyInstance, token: string | undefined): void {
  server.get('/metrics', async (request, reply) => {
    if (token !== undefined && !bears(request.headers.authorization, token)) {
      return reply.code(401).header('www-authenticate', 'Bearer').send()
    }
    return reply
      .type(registry.contentType)
      .header('cache-control', 'no-store')
      .send(await metricsText())
  })
}

/** Digests have one length, so the comparison tells nothing. */
const bears = (header: string | undefined, token: string): boolean =>
  timingSafeEqual(sha256(header ?? ''), sha256(`Bearer ${token}`))
