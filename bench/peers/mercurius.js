import mercurius from '@mercuriusjs/gateway'
import Fastify from 'fastify'

// Mercurius' gateway, compiled; it knows Federation 1.
const [port, subgraphs] = process.argv.slice(2).map((given) => JSON.parse(given))
const server = Fastify()
await server.register(mercurius, {
  jit: 1,
  gateway: {
    services: ['identity', 'ledger', 'benefits', 'campaigns'].map((name) => ({
      name,
      url: `${subgraphs[name]}/former`,
      mandatory: true,
      connections: 128,
    })),
  },
})
const url = await server.listen({ port: port, host: '127.0.0.1' })
process.send?.({ listening: { url } })
