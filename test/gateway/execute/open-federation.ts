import type { AddressInfo } from 'node:net'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { composeServices } from '@theguild/federation-composition'
import Fastify, { type FastifyInstance } from 'fastify'
import { execute, type GraphQLSchema, parse, validate } from 'graphql'
import { openSupergraph } from '../../../gateway/open-supergraph.ts'
import { TestClock } from '../../../kernel/clock.ts'
import { silentLog } from '../../../kernel/log.ts'

export interface TestSubgraph {
  readonly sdl: string
  readonly resolvers: Record<string, unknown>
}

export interface Asked {
  readonly subgraph: string
  readonly query: string
  readonly variables: Record<string, unknown>
}

const HEAD = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@shareable", "@inaccessible", "@requires", "@provides", "@external", "@interfaceObject", "@override"])
`

/** Subgraphs that listen on loopback, a supergraph of them, and two gateways over it: ours and the stock one. */
export async function openFederation(subgraphs: Record<string, TestSubgraph>) {
  const stack = new AsyncDisposableStack()
  const asked: Asked[] = []
  /** What a subgraph says in place of its own answer. */
  const instead = new Map<string, (asked: Asked) => unknown>()
  const services: { name: string; typeDefs: ReturnType<typeof parse>; url: string }[] = []
  for (const [name, { sdl, resolvers }] of Object.entries(subgraphs)) {
    const typeDefs = parse(HEAD + sdl)
    const server = serve(buildSubgraphSchema([{ typeDefs, resolvers: resolvers as never }]), (one) => {
      const request = { subgraph: name, ...one }
      asked.push(request)
      return instead.get(name)?.(request)
    })
    await server.listen({ port: 0, host: '127.0.0.1' })
    stack.defer(() => server.close())
    services.push({
      name,
      typeDefs,
      url: `http://127.0.0.1:${(server.server.address() as AddressInfo).port}/`,
    })
  }
  const { supergraphSdl, errors } = composeServices(services) as {
    supergraphSdl?: string
    errors?: readonly { message: string }[]
  }
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join('\n'))

  const open = async (executor: 'compiled' | 'stock', planner?: 'rust') => {
    const clock = TestClock.standingAt('2026-01-01T00:00:00Z')
    const gateway = await openSupergraph({ supergraphSdl, executor, planner, clock, log: silentLog })
    stack.defer(() => gateway.close())
    return gateway
  }
  const ours = await open('compiled')
  const stock = await open('stock')
  const rust = await open('compiled', 'rust')

  const post = async (gateway: FastifyInstance, payload: object): Promise<string> => {
    const { statusCode, headers, body } = await gateway.inject({ method: 'POST', url: '/graphql', payload })
    return JSON.stringify({ statusCode, type: headers['content-type'], body: JSON.parse(body) }, undefined, 1)
  }

  return {
    supergraphSdl,
    asked,
    instead,
    /** An answer of ours, when the operation is new and when it is known, and that of the stock gateway. */
    async answers(query: string, variables: object = {}, operationName?: string) {
      const payload = { query, variables, operationName }
      const first = await post(ours, payload)
      const again = await post(ours, payload)
      const stocks = await post(stock, payload)
      return { first, again, stock: stocks, rust: await post(rust, payload) }
    },
    /** Ours alone. */
    async ask(query: string, variables: object = {}) {
      const { body } = await ours.inject({ method: 'POST', url: '/graphql', payload: { query, variables } })
      return JSON.parse(body)
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function serve(schema: GraphQLSchema, listen: (asked: Omit<Asked, 'subgraph'>) => unknown): FastifyInstance {
  const server = Fastify({ keepAliveTimeout: 30_000 })
  server.post('/', async (request, reply) => {
    const { query, variables } = request.body as Omit<Asked, 'subgraph'>
    const instead = listen({ query, variables })
    if (typeof instead === 'number') return reply.code(instead).send('no GraphQL')
    if (instead !== undefined) return instead
    const document = parse(query)
    const errors = validate(schema, document)
    return errors.length > 0 ? { errors } : await execute({ schema, document, variableValues: variables })
  })
  return server
}
