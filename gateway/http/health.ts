import type { FastifyInstance } from 'fastify'
import { SUBGRAPH_NAMES } from '../../kernel/config.ts'
import type { Peers } from '../../kernel/peers.ts'

/** `live`: the process answers. `ready`: so does everything that it needs. */
export function healthRoutes(
  server: FastifyInstance,
  { peers, stopping }: { peers: Pick<Peers, 'ready'>; stopping: () => boolean },
): void {
  server.get('/health/live', async () => ({ status: 'live' }))
  server.get('/health/ready', async (_, reply) => {
    if (stopping()) return reply.code(503).send({ status: 'stopping' })
    const states = await Promise.all(
      SUBGRAPH_NAMES.map(async (name) => ({ name, ready: await peers.ready(name).catch(() => false) })),
    )
    const notReady = states.filter(({ ready }) => !ready).map(({ name }) => name)
    return notReady.length === 0
      ? { status: 'ready' }
      : reply.code(503).send({ status: 'not ready', notReady })
  })
}
