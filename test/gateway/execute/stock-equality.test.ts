import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openFederation } from './open-federation.ts'
import { SHOP } from './shop.ts'

let federation: Awaited<ReturnType<typeof openFederation>>
beforeAll(async () => {
  federation = await openFederation(SHOP)
})
afterAll(() => federation[Symbol.asyncDispose]())
beforeEach(() => {
  federation.asked.length = 0
  federation.instead.clear()
})

const operations: readonly (readonly [
  says: string,
  query: string,
  variables?: object,
  operationName?: string,
])[] = [
  ['one entity', '{ book(id: "b1") { title inStock } }'],
  ['a key of two fields', '{ book(id: "b2") { isbn inStock weight } }'],
  ['@requires with objects inside', '{ allMedia { ... on Book { title weight } } }'],
  ['@requires of another subgraph and an argument', '{ me { greeting(word: "Hello") } }'],
  [
    '@requires in a list with the same entity twice',
    'query ($w: String!) { friends { id greeting(word: $w) } }',
    { w: 'Hi' },
  ],
  ['@provides', '{ reader { name } }'],
  ['@provides and more', '{ reader { id name status card { limit } } }'],
  ['an entity that nobody knows', '{ friends { id name card { number } } }'],
  ['an interface across subgraphs', '{ allMedia { __typename id title size { width } } }'],
  ['an interface object', '{ allMedia { id stars reviews { text by { name } } } }'],
  [
    'an interface object at the root',
    '{ mediaOfTheDay { __typename id title stars ... on Book { pages inStock } } }',
  ],
  [
    'an interface object from a review',
    '{ latest { text of { __typename title ... on Film { minutes } ... on Book { weight } } } }',
  ],
  [
    'two ways into one interface object',
    '{ latest { of { ... on Media { id title } stars reviews(first: 1) { id } } } }',
  ],
  [
    'a union',
    '{ search { __typename ... on Book { title inStock } ... on Film { minutes director { name } } ... on Reader { name } } }',
  ],
  [
    'a union with an interface within',
    '{ search(text: "S") { ... on Media { title stars } ... on Person { name } } }',
  ],
  [
    'types of one union whose fields differ',
    '{ media(id: "f1") { ... on Film { copies { __typename ... on Reel { metres label } ... on Tape { minutes number: label } } } } }',
  ],
  ['lists of lists', '{ shelves { __typename id title ... on Book { inStock } } }'],
  ['nothing there', '{ book(id: "nope") { title inStock author { name } } }'],
  [
    'aliases',
    '{ a: book(id: "b1") { x: title y: inStock t: __typename } b: book(id: "b2") { x: title who: author { is: name } } }',
  ],
  [
    'one field under two names with other arguments',
    '{ me { a: status(at: "1") b: status(at: "2") c: status } }',
  ],
  [
    'fragments',
    '{ allMedia { ...M } } fragment M on Media { id ...B ... on Film { minutes } } fragment B on Book { pages author { ...R } } fragment R on Reader { name card { number } }',
  ],
  [
    'fields asked for twice, in parts',
    '{ book(id: "b1") { author { id } title author { name } ... on Book { author { card { limit } } } } }',
  ],
  ['a fragment without a type', '{ book(id: "b1") { ... { title } ... @include(if: true) { pages } } }'],
  [
    '@skip and @include',
    'query ($yes: Boolean!, $no: Boolean = false) { me @include(if: $yes) { id name @skip(if: $yes) } book(id: "b1") @include(if: $no) { title inStock } friends @skip(if: $no) { name } }',
    { yes: true },
  ],
  [
    '@skip and @include the other way',
    'query ($yes: Boolean!, $no: Boolean = false) { me @include(if: $yes) { id name @skip(if: $yes) } book(id: "b1") @include(if: $no) { title inStock } friends @skip(if: $no) { name } }',
    { yes: false, no: true },
  ],
  [
    '@include on what another subgraph answers',
    'query ($more: Boolean!) { book(id: "b1") { title ... @include(if: $more) { inStock weight } } }',
    { more: true },
  ],
  [
    'the same without',
    'query ($more: Boolean!) { book(id: "b1") { title ... @include(if: $more) { inStock weight } } }',
    { more: false },
  ],
  ['everything left out', '{ me @skip(if: true) { id } }'],
  ['__typename at the root', '{ __typename t: __typename me { __typename } }'],
  ['__typename alone', '{ __typename }'],
  [
    'introspection',
    '{ __type(name: "Book") { name fields { name type { kind name ofType { name } } } interfaces { name } } }',
  ],
  [
    'introspection beside data',
    'query ($name: String!) { me { name } __schema { queryType { name } } t: __type(name: $name) { kind enumValues { name } } }',
    { name: 'Colour' },
  ],
  [
    'introspection in a fragment',
    '{ ...I me { id } } fragment I on Query { __schema { mutationType { name } directives { name } } }',
  ],
  ['null where it may not be, in an object that may', '{ strict { must inner { must } } }'],
  ['null in a list that may not hold it', '{ strictList { must may } }'],
  ['null in a list inside', '{ strict { list may } }'],
  ['an error where it may not be null, up to the root', '{ strictRoot }'],
  ['an error at the root beside others', '{ strictRoot me { id } }'],
  ['an error in each of a list', '{ friends { id failing } }'],
  ['null that may not be, from another subgraph', '{ friends { id broken } }'],
  ['null that may not be, in one of three', '{ book(id: "b1") { title author { name broken } } }'],
  ['an enum and a scalar of any form', '{ colours any }'],
  ['a list with nulls', '{ latest { votes } }'],
  [
    'names that every object has',
    '{ constructor: me { toString: name hasOwnProperty: id valueOf: card { constructor: limit } } }',
  ],
  ['a name that is a prototype', '{ __proto__: me { __proto__: name } }'],
  ['one mutation', 'mutation { addBook(title: "x") { id title inStock author { name } } }'],
  [
    'mutations one after the other',
    'mutation { a: addBook(title: "1") { title } rename(id: "r2", name: "Cy") { name greeting(word: "Hi") } removeBook(id: "b1") b: addBook(title: "2") { inStock } }',
  ],
  ['a document of two operations', 'query A { me { id } } query B { me { name } }', {}, 'B'],
  [
    'variables with defaults',
    'query ($id: ID! = "b1", $w: String! = "Hey") { book(id: $id) { title author { greeting(word: $w) } } }',
  ],
  ['variables that are null', 'query ($t: String) { search(text: $t) { __typename } }', { t: null }],
  ['variables that are not declared', '{ me { id } }', { what: 1 }],
  ['a variable that is missing', 'query ($id: ID!) { book(id: $id) { title } }'],
  [
    'a variable of another type',
    'query ($first: Int) { mediaOfTheDay { reviews(first: $first) { id } } }',
    { first: 'x' },
  ],
  ['a field that is not there', '{ me { nothing } }'],
  ['no GraphQL', '{ me { '],
  [
    'deep, and back again',
    '{ me { reviews { of { title reviews { by { name reviews { of { stars } } } } } } } }',
  ],
  ['a sequel by itself', '{ book(id: "b1") { title sequel { title inStock sequel { title } } } }'],
]

test.for(operations)('ours answers as the stock gateway does: %s', async ([, query, variables, name]) => {
  const { first, again, stock, rust } = await federation.answers(query, variables, name)
  expect(first).toBe(stock)
  expect(again).toBe(stock)
  expect(rust).toBe(stock)
})

test('an entity is asked for once, however often it stands in the answer', async () => {
  const { data } = await federation.ask('{ friends { id name } }')
  expect(data.friends.map(({ name }: { name: string }) => name)).toEqual(['Ann', 'Bo', null, 'Ann'])
  const asked = federation.asked.filter(({ subgraph }) => subgraph === 'readers')
  expect(asked.map(({ variables }) => variables.representations)).toEqual([
    ['r1', 'r2', 'r9'].map((id) => ({ __typename: 'Reader', id })),
  ])
})

const lies: readonly (readonly [says: string, subgraph: string, query: string, answer: unknown])[] = [
  [
    'a text in place of a number',
    'catalogue',
    '{ book(id: "b1") { title pages } }',
    { data: { book: { title: 'x', pages: 'many' } } },
  ],
  [
    'a number in place of a text',
    'catalogue',
    '{ book(id: "b1") { title pages } }',
    { data: { book: { title: 1, pages: 1 } } },
  ],
  ['an enum value that is none', 'catalogue', '{ colours }', { data: { colours: ['RED', 'BLUE'] } }],
  ['an enum value that clients do not see', 'catalogue', '{ colours }', { data: { colours: ['SECRET'] } }],
  [
    'a type that is none',
    'catalogue',
    '{ search { ... on Book { title } __typename } }',
    { data: { search: [{ __typename: 'Car', title: 'x' }] } },
  ],
  [
    'null in place of a list that must be',
    'catalogue',
    '{ allMedia { id } colours }',
    { data: { allMedia: null, colours: [] } },
  ],
  ['an object in place of a list', 'catalogue', '{ colours }', { data: { colours: { a: 1 } } }],
  ['a text in place of an object', 'catalogue', '{ book(id: "b1") { title } }', { data: { book: 'x' } }],
  [
    'less than was asked for',
    'catalogue',
    '{ book(id: "b1") { title pages } }',
    { data: { book: { title: 'x' } } },
  ],
  [
    'less than was asked for where it must be',
    'catalogue',
    '{ book(id: "b1") { title pages } }',
    { data: { book: { pages: 1 } } },
  ],
  [
    'more than was asked for',
    'catalogue',
    '{ book(id: "b1") { title } }',
    { data: { book: { title: 'x', pages: 1, constructor: 2 } } },
  ],
  ['nothing', 'catalogue', '{ book(id: "b1") { title } me { id } }', { data: null }],
  ['errors alone', 'readers', '{ me { name } }', { errors: [{ message: 'no' }] }],
  [
    'an error with a code and a path',
    'readers',
    '{ me { name } colours }',
    {
      data: { me: null },
      errors: [{ message: 'no', path: ['me', 'name'], extensions: { code: 'X', more: 1 } }],
    },
  ],
  [
    'an error without a message',
    'readers',
    '{ book(id: "b1") { author { name } } }',
    { data: { _entities: [null] }, errors: [{ path: ['_entities', 0, 'name'] }] },
  ],
  [
    'entities that are no list',
    'readers',
    '{ book(id: "b1") { author { name } } }',
    { data: { _entities: {} } },
  ],
  ['too few entities', 'readers', '{ book(id: "b1") { author { name } } }', { data: { _entities: [] } }],
]

test.for(lies)('a subgraph that says %s', async ([, subgraph, query, answer]) => {
  federation.instead.set(subgraph, () => structuredClone(answer))
  const { first, again, stock } = await federation.answers(query)
  expect(first).toBe(stock)
  expect(again).toBe(stock)
})

test('a key of a subgraph’s answer changes no prototype', async () => {
  const evil = JSON.parse(
    '{"data":{"me":{"id":"r1","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}}',
  )
  federation.instead.set('readers', () => evil)
  await federation.ask('{ me { id } friends { id name } }')
  expect({}).not.toHaveProperty('polluted')
})
