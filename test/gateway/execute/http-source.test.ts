import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type HttpSource, httpSource } from '../../../gateway/execute/http-source.ts'
import type { SourceRequest } from '../../../gateway/execute/source.ts'

const server = Fastify({ keepAliveTimeout: 30_000 })
const asked: string[] = []
let answers: (readonly [status: number, body: string])[] = []
let source: HttpSource

server.post('/graphql', (request, reply) => {
  asked.push((request.body as { query: string }).query)
  const [status, body] = answers.shift() ?? [200, '{"data":{"a":1}}']
  if (status === 0) return reply.hijack().raw.destroy()
  return reply.code(status).type('application/json').send(body)
})
beforeAll(async () => {
  await server.listen({ port: 0, host: '127.0.0.1' })
  source = httpSource(`http://127.0.0.1:${(server.server.address() as AddressInfo).port}/graphql`)
})
afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await server.close()
})

const request = (kind: SourceRequest['kind']): SourceRequest => ({
  query: `${kind} { a }`,
  operationName: undefined,
  kind,
  variables: {},
})
const ask = async (kind: SourceRequest['kind'], ...given: typeof answers) => {
  asked.length = 0
  answers = [...given]
  return source.fetch(request(kind), undefined)
}

test('an answer of GraphQL speaks for itself, whatever its status', async () => {
  expect(await ask('query', [400, '{"errors":[{"message":"no"}]}'])).toEqual({ errors: [{ message: 'no' }] })
  expect(await ask('query', [500, '{"data":null,"errors":[]}'])).toEqual({ data: null, errors: [] })
  expect(asked).toHaveLength(1)
})

test.for([
  [0, ''],
  [503, '{"error":"busy"}'],
  [200, 'no JSON'],
  [200, '"text"'],
  [200, '[]'],
] as const)('a query that meets %j is asked once more', async (broken) => {
  expect(await ask('query', broken)).toEqual({ data: { a: 1 } })
  expect(asked).toHaveLength(2)
})

test('a mutation is not, and its failure names no address', async () => {
  await expect(ask('mutation', [502, 'bad gateway'])).rejects.toThrow(
    'A subgraph answered 502 without GraphQL.',
  )
  expect(asked).toEqual(['mutation { a }'])
})

test('a subgraph that is not there says so, and no more', async () => {
  const gone = httpSource('http://127.0.0.1:1/')
  await expect(gone.fetch(request('query'), undefined)).rejects.toMatchObject({
    code: 'SUBGRAPH_UNAVAILABLE',
    message: 'A subgraph cannot be reached.',
  })
  await gone[Symbol.asyncDispose]()
})
