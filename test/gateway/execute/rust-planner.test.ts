import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFederation } from './open-federation.ts'

/** A shelf where each neighbour of a book is a book, though of things in general it is only a thing. */
const shelf = {
  sdl: `
    type Query { thing: Thing dealer: Dealer parcels: [Parcel!]! }
    interface Thing { id: ID! neighbour: Thing }
    type Book implements Thing @key(fields: "id") { id: ID! neighbour: Book title: String! }
    type Parcel @key(fields: "id") { id: ID! weight: Int price(currency: String!): Int }
    type Dealer @key(fields: "id") { id: ID! notes(limit: Int!): [Note!]! }
    type Note @key(fields: "id") { id: ID! writer: ID! }
  `,
  resolvers: {
    Query: {
      thing: () => book('1'),
      parcels: () => [{ id: 'p', weight: 3 }],
      dealer: () => ({ id: 'd' }),
    },
    Book: { __resolveReference: ({ id }: { id: string }) => book(id) },
    Parcel: {
      price: (_: unknown, { currency }: { currency: string }) => (currency === 'CNY' ? 70 : 10),
      __resolveReference: ({ id }: { id: string }) => ({ id, weight: 3 }),
    },
    Dealer: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      notes: (_: unknown, { limit }: { limit: number }) =>
        ['n1', 'n2', 'n3'].slice(0, limit).map((id) => ({ id, writer: `writer of ${id}` })),
    },
    Note: { __resolveReference: ({ id }: { id: string }) => ({ id, writer: `writer of ${id}` }) },
  },
}

function book(id: string): unknown {
  return { __typename: 'Book', id, title: `Book ${id}`, neighbour: () => book(id === '1' ? '2' : '1') }
}

const carrier = {
  sdl: `
    type Book @key(fields: "id") { id: ID! cost: Int! }
    type Parcel @key(fields: "id") {
      id: ID!
      weight: Int @external
      price(currency: String!): Int @external
      fee: Int @requires(fields: "price(currency: \\"USD\\") weight")
      feeInYuan: Int @requires(fields: "price(currency: \\"CNY\\") weight")
    }
    type Dealer @key(fields: "id") {
      id: ID!
      notes(limit: Int!): [Note!]! @external
      lastWriter: ID @requires(fields: "notes(limit: 3) { writer }")
    }
    type Note @key(fields: "id") { id: ID! writer: ID! @external }
  `,
  resolvers: {
    Book: { cost: ({ id }: { id: string }) => Number(id) * 5 },
    Parcel: {
      fee: ({ price, weight }: { price: number; weight: number }) => price * weight,
      feeInYuan: ({ price, weight }: { price: number; weight: number }) => price * weight,
    },
    Dealer: { lastWriter: ({ notes }: { notes: { writer: string }[] }) => notes.at(-1)?.writer },
  },
}

let federation: Awaited<ReturnType<typeof openFederation>>
beforeAll(async () => {
  federation = await openFederation({ shelf, carrier })
})
afterAll(() => federation[Symbol.asyncDispose]())

const bodyOf = (answer: string): unknown => JSON.parse(answer).body

test('a field of which an object promises more than its interface may be asked for more', async () => {
  const query = `{
    thing {
      neighbour { id neighbour { id } }
      ... on Book { neighbour { title cost neighbour { cost } } }
    }
  }`
  const { first, again, rust, stock } = await federation.answers(query)
  for (const answer of [first, again, rust, stock]) {
    expect(bodyOf(answer)).toEqual({
      data: {
        thing: {
          neighbour: { id: '2', title: 'Book 2', cost: 10, neighbour: { id: '1', cost: 5 } },
        },
      },
    })
  }
})

test('the same field, required with other arguments each time, is sent under its own name', async () => {
  const { rust } = await federation.answers('{ parcels { fee feeInYuan price(currency: "USD") } }')
  expect(bodyOf(rust)).toEqual({ data: { parcels: [{ fee: 30, feeInYuan: 210, price: 10 }] } })
})

test('a client’s own arguments do not get in the way of those of a requirement', async () => {
  const { rust } = await federation.answers(
    'query ($limit: Int = 1) { dealer { lastWriter notes(limit: $limit) { id } } }',
  )
  expect(bodyOf(rust)).toEqual({
    data: { dealer: { lastWriter: 'writer of n3', notes: [{ id: 'n1' }] } },
  })
})

test('entities of several kinds are asked of one subgraph in one request', async () => {
  federation.asked.length = 0
  const { rust } = await federation.answers('{ parcels { fee } dealer { lastWriter } }')
  expect(bodyOf(rust)).toEqual({ data: { parcels: [{ fee: 30 }], dealer: { lastWriter: 'writer of n3' } } })
})

test('an error of one of several kinds stands where it belongs', async () => {
  federation.instead.set('carrier', ({ query }) =>
    query.includes('_e1') || query.includes('fee feeInYuan') || query.includes('feeInYuan')
      ? { data: null, errors: [{ message: 'closed' }] }
      : undefined,
  )
  const { rust } = await federation.answers('{ parcels { id fee feeInYuan } }')
  federation.instead.clear()
  const { data, errors } = bodyOf(rust) as { data: unknown; errors: { message: string }[] }
  expect(data).toEqual({ parcels: [{ id: 'p', fee: null, feeInYuan: null }] })
  expect(errors.map(({ message }) => message)).toEqual(['closed'])
})

test('introspection is answered without a plan', async () => {
  const { first, rust } = await federation.answers('{ __type(name: "Book") { name } __typename }')
  expect(rust).toBe(first)
})
