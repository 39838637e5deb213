import type { TestSubgraph } from './open-federation.ts'

/** A small world with everything that federation has: what is asked of it goes through every kind of plan. */

const catalogue: TestSubgraph = {
  sdl: `
    type Query {
      media(id: ID!): Media
      allMedia: [Media!]!
      search(text: String): [Found]
      shelves: [[Media]]
      book(id: ID!): Book
      strict: Strict
      strictList: [Strict!]
      strictRoot: Int!
      colours: [Colour!]
      any: Anything
      reader: Reader @provides(fields: "name")
      friends: [Reader!]!
    }
    type Mutation { addBook(title: String!): Book! removeBook(id: ID!): ID }
    scalar Anything
    enum Colour { RED GREEN SECRET @inaccessible }
    union Found = Book | Film | Reader
    interface Media @key(fields: "id") { id: ID! title: String! size: Size }
    type Size @shareable { width: Int! height: Int! }
    type Book implements Media @key(fields: "id") @key(fields: "isbn region") {
      id: ID! isbn: ID! region: String! title: String! size: Size pages: Int author: Reader sequel: Book
    }
    type Film implements Media @key(fields: "id") { id: ID! title: String! size: Size minutes: Float director: Reader }
    type Reader @key(fields: "id") { id: ID! name: String @external }
    type Strict { must: String! may: String inner: Strict list: [Int!] }
  `,
  resolvers: (() => {
    const books = [
      {
        __typename: 'Book',
        id: 'b1',
        isbn: '1-1',
        region: 'EU',
        title: 'Dune',
        size: { width: 2, height: 3 },
        pages: 412,
        author: { id: 'r1' },
      },
      {
        __typename: 'Book',
        id: 'b2',
        isbn: '1-2',
        region: 'US',
        title: 'Messiah',
        size: null,
        pages: null,
        author: { id: 'r1' },
      },
    ]
    const films = [
      {
        __typename: 'Film',
        id: 'f1',
        title: 'Stalker',
        size: { width: 1, height: 1 },
        minutes: 162.5,
        director: { id: 'r2' },
      },
    ]
    const media = [...books, ...films]
    const byId = ({ id, isbn }: { id?: string; isbn?: string }) =>
      media.find((one) => one.id === id || (isbn && 'isbn' in one && one.isbn === isbn)) ?? null
    return {
      Query: {
        media: (_: unknown, args: { id: string }) => byId(args),
        allMedia: () => media,
        search: (_: unknown, { text }: { text?: string }) => [
          ...media.filter(({ title }) => title.includes(text ?? '')),
          null,
          { __typename: 'Reader', id: 'r1' },
        ],
        shelves: () => [[books[0], null], null, [films[0], books[1]], []],
        book: (_: unknown, args: { id: string }) => byId(args),
        strict: () => ({ must: 'x', inner: { must: null }, list: [1, null] }),
        strictList: () => [{ must: 'x' }, { must: null }],
        strictRoot: () => {
          throw new Error('no root')
        },
        colours: () => ['RED', 'GREEN'],
        any: () => ({ deep: [1, { er: true }], constructor: 'x' }),
        reader: () => ({ id: 'r1', name: 'Ann (as the catalogue knows her)' }),
        friends: () => [{ id: 'r1' }, { id: 'r2' }, { id: 'r9' }, { id: 'r1' }],
      },
      Mutation: {
        addBook: (_: unknown, { title }: { title: string }) => ({ ...books[0], title }),
        removeBook: (_: unknown, { id }: { id: string }) => id,
      },
      Book: { __resolveReference: byId, sequel: ({ id }: { id: string }) => (id === 'b1' ? books[1] : null) },
      Film: { __resolveReference: byId },
      Media: { __resolveReference: byId },
    }
  })(),
}

const readers: TestSubgraph = {
  sdl: `
    type Query { me: Reader! }
    type Mutation { rename(id: ID!, name: String!): Reader }
    interface Person { name: String }
    type Reader implements Person @key(fields: "id") {
      id: ID! name: String @shareable broken: String! failing: String card: Card status(at: String = "now"): String
    }
    type Card { number: String! limit: Int }
  `,
  resolvers: {
    Query: { me: () => ({ id: 'r1', name: 'Ann' }) },
    Mutation: { rename: (_: unknown, { id, name }: { id: string; name: string }) => ({ id, name }) },
    Reader: {
      __resolveReference: ({ id }: { id: string }) => {
        if (id === 'r9') return null
        return { id, name: id === 'r1' ? 'Ann' : 'Bo', card: id === 'r1' ? { number: '7', limit: 5 } : null }
      },
      broken: () => null,
      failing: ({ id }: { id: string }) => {
        throw new Error(`failing for ${id}`)
      },
      status: ({ id }: { id: string }, { at }: { at: string }) => `${id} ${at}`,
    },
  },
}

const reviews: TestSubgraph = {
  sdl: `
    type Query { latest: [Review!]! mediaOfTheDay: Media @shareable }
    type Media @key(fields: "id") @interfaceObject { id: ID! reviews(first: Int = 10): [Review!]! stars: Float }
    type Review @key(fields: "id") { id: ID! text: String! of: Media! by: Reader votes: [Int] }
    type Reader @key(fields: "id") { id: ID! name: String @external greeting(word: String!): String @requires(fields: "name") reviews: [Review!] }
  `,
  resolvers: (() => {
    const all = [
      { id: 'v1', text: 'sandy', of: { id: 'b1' }, by: { id: 'r1' }, votes: [1, null, 3] },
      { id: 'v2', text: 'slow', of: { id: 'f1' }, by: { id: 'r2' }, votes: null },
      { id: 'v3', text: 'again', of: { id: 'b1' }, by: null, votes: [] },
    ]
    return {
      Query: { latest: () => all, mediaOfTheDay: () => ({ id: 'b1' }) },
      Media: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        reviews: ({ id }: { id: string }, { first }: { first: number }) =>
          all.filter(({ of }) => of.id === id).slice(0, first),
        stars: ({ id }: { id: string }) => (id === 'b2' ? null : 4.5),
      },
      Review: { __resolveReference: ({ id }: { id: string }) => all.find((one) => one.id === id) },
      Reader: {
        greeting: ({ name }: { name: string | null }, { word }: { word: string }) =>
          name ? `${word}, ${name}` : null,
        reviews: ({ id }: { id: string }) => all.filter(({ by }) => by?.id === id),
      },
    }
  })(),
}

const stock: TestSubgraph = {
  sdl: `
    type Book @key(fields: "isbn region") {
      isbn: ID! region: String! pages: Int @external size: Size @external
      inStock: Int! weight: Int @requires(fields: "pages size { width height }")
    }
    type Size @shareable { width: Int! height: Int! }
    type Film @key(fields: "id") { id: ID! copies: [Copy!] }
    union Copy = Reel | Tape
    type Reel { metres: Int! label: String }
    type Tape { minutes: Int! label: Int }
  `,
  resolvers: {
    Book: {
      __resolveReference: (one: object) => one,
      inStock: ({ region }: { region: string }) => (region === 'EU' ? 3 : 0),
      weight: ({ pages, size }: { pages: number | null; size: { width: number } | null }) =>
        pages && size ? pages * size.width : null,
    },
    Film: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      copies: () => [
        { __typename: 'Reel', metres: 4000, label: 'x' },
        { __typename: 'Tape', minutes: 170, label: 1 },
      ],
    },
  },
}

export const SHOP = { catalogue, readers, reviews, stock }
