import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type PlainAnswer,
  type PlainPost,
  type PlainPostsOptions,
  plainPosts,
} from '../../kernel/plain-posts.ts'

/** Who answers says so, and what it has read. */
let server: ReturnType<typeof createServer>
let posts: ReturnType<typeof plainPosts>
let came: PlainPost[]
let failures: unknown[]
let answer: (post: PlainPost) => PlainAnswer | Promise<PlainAnswer>
let stopping: boolean
let clients: Socket[]
let heard: Socket[]

const says = (body: string, headers: PlainAnswer['headers'] = []): PlainAnswer => ({
  status: 200,
  headers,
  body,
})

async function open(more: Partial<PlainPostsOptions> & { keepAliveMs?: number } = {}): Promise<void> {
  const { keepAliveMs = 60_000, ...given } = more
  server = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => response.end(`node:${Buffer.concat(chunks)}`))
  })
  posts = plainPosts(server, {
    path: '/graphql',
    bytesMax: 1_000,
    isOrdinary: (headers) => headers['content-type'] === 'application/json',
    answer: (post) => {
      came.push(post)
      return answer(post)
    },
    failed: (error) => failures.push(error),
    stopping: () => stopping,
    ...given,
  })
  server.on('connection', (socket) => heard.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}

beforeEach(() => {
  came = []
  failures = []
  clients = []
  heard = []
  stopping = false
  answer = ({ body }) => says(`plain:${body}`)
})
afterEach(() => {
  for (const client of clients) client.destroy()
  server.close()
})

const one = (body: string, more = ''): string =>
  `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** A connection, and the text that has come over it. */
async function client(): Promise<{
  socket: Socket
  text: () => string
  bodies: () => string[]
  closed: Promise<unknown>
}> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  clients.push(socket)
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'connect')
  return { socket, text: () => text, bodies: () => text.match(/(?:plain|node):[a-z]*/g) ?? [], closed }
}

/** Says the pieces one after the other, each when those before it have been heard. */
async function say(socket: Socket, ...pieces: readonly (string | Buffer)[]): Promise<void> {
  const [listening] = heard
  let bytes = listening!.bytesRead
  for (const piece of pieces) {
    socket.write(piece)
    bytes += Buffer.byteLength(piece)
    await until(() => expect(listening!.bytesRead).toBe(bytes))
  }
}

const PATIENT = { timeout: 10_000, interval: 2 }
const until = (check: () => void): Promise<void> => vi.waitFor(check, PATIENT)

test('one request after the other is answered on its connection, with what Node says of it', async () => {
  await open()
  const { socket, text, bodies } = await client()
  socket.write(one('安', 'X-A: b\r\n'))
  await until(() => expect(text()).toContain('plain:安'))
  expect(text()).toMatch(
    /^HTTP\/1\.1 200 OK\r\ncontent-length: 9\r\nDate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n\r\nplain:安$/,
  )
  expect(came[0]).toMatchObject({
    path: '/graphql',
    body: '安',
    address: '127.0.0.1',
    headers: { 'x-a': 'b' },
  })
  socket.write(one('b', 'X-A: c\r\n'))
  await until(() => expect(bodies()).toContain('plain:b'))
  socket.write(one('c', 'X-A: c\r\n'))
  await until(() => expect(bodies()).toContain('plain:c'))
  expect(came.map(({ headers }) => headers['x-a'])).toEqual(['b', 'c', 'c'])
})

test('a body may come in pieces, also within a letter', async () => {
  await open()
  const { socket, text } = await client()
  const bytes = Buffer.from(one('安安'))
  await say(socket, bytes.subarray(0, -4), bytes.subarray(-4, -2), bytes.subarray(-2))
  await until(() => expect(text()).toContain('plain:安安'))
})

describe('is for Node, and so is all that follows on its connection:', () => {
  test.for<[string, string]>([
    ['another path', one('a').replace('/graphql', '/other')],
    ['another type', one('a').replace('json', 'xml')],
    ['a large body', one('a'.repeat(1_001))],
    ['a connection that is not kept', one('a', 'Connection: close\r\n')],
    ['chunks', 'POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n'],
    ['a large head', one('a', `X-Large: ${'a'.repeat(9_000)}\r\n`)],
    ['GET', 'GET /graphql HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('%s', async ([, bytes]) => {
    await open()
    const { socket, text, bodies } = await client()
    socket.write(bytes)
    await until(() => expect(bodies()).toHaveLength(1))
    expect(text()).toContain('node:')
    if (text().includes('Connection: close')) return
    socket.write(one('b'))
    await until(() => expect(bodies()[1]).toBe('node:b'))
    expect(came).toEqual([])
  })

  test('a head in pieces', async () => {
    await open()
    const { socket, bodies } = await client()
    await say(socket, one('a').slice(0, 40), one('a').slice(40))
    await until(() => expect(bodies()).toEqual(['node:a']))
  })

  test('two at once, which are answered in order', async () => {
    await open()
    const { socket, bodies } = await client()
    socket.write(one('a') + one('b'))
    await until(() => expect(bodies()).toEqual(['node:a', 'node:b']))
  })

  test('whatever comes while an answer is on its way, or behind the end of a body', async () => {
    const held = Promise.withResolvers<PlainAnswer>()
    await open()
    answer = () => held.promise
    const { socket, bodies } = await client()
    await say(socket, one('a').slice(0, -1), `a${one('b').slice(0, 50)}`)
    await until(() => expect(came).toHaveLength(1))
    socket.write(one('b').slice(50) + one('c'))
    held.resolve(says('plain:a'))
    await until(() => expect(bodies()).toEqual(['plain:a', 'node:b', 'node:c']))
    expect(came).toHaveLength(1)
  })

  test('all of it, once the server stops', async () => {
    await open()
    const { socket, bodies } = await client()
    stopping = true
    socket.write(one('a'))
    await until(() => expect(bodies()).toEqual(['node:a']))
  })
})

test('connections are closed where nothing is under way', async () => {
  const held = Promise.withResolvers<PlainAnswer>()
  await open()
  answer = () => held.promise
  const [idle, busy] = [await client(), await client()]
  busy.socket.write(one('a'))
  await until(() => expect(came).toHaveLength(1))
  posts.closeIdle()
  await idle.closed
  held.resolve(says('plain:a'))
  await until(() => expect(busy.bodies()).toEqual(['plain:a']))
  posts.closeIdle()
  await busy.closed
})

test('a client that goes is not waited for', async () => {
  await open()
  answer = () => new Promise(() => {})
  const { socket } = await client()
  socket.write(one('a'))
  await until(() => expect(came).toHaveLength(1))
  expect(came[0]!.asker.isOver).toBe(false)
  socket.destroy()
  await until(() => expect(came[0]!.asker.isOver).toBe(true))
})

test('one that has said all that it will is let go', async () => {
  await open()
  const { socket, closed, bodies } = await client()
  socket.write(one('a'))
  await until(() => expect(bodies()).toEqual(['plain:a']))
  socket.end()
  await closed
})

test('an answer may be the last', async () => {
  await open()
  answer = () => says('plain:a', [['connection', 'close']])
  const { socket, closed, text } = await client()
  socket.write(one('a'))
  await closed
  expect(text()).toContain('\r\nconnection: close\r\n')
  expect(text()).not.toContain('keep-alive')
})

describe('ends a connection and is told:', () => {
  test.for<[string, () => PlainAnswer | Promise<PlainAnswer>]>([
    [
      'what is thrown',
      () => {
        throw new Error('broken')
      },
    ],
    ['what is rejected', () => Promise.reject(new Error('broken'))],
    ['a header that would begin another', () => says('a', [['x-a', 'b\r\nx-admin: 1']])],
  ])('%s', async ([, broken]) => {
    await open()
    answer = broken
    const { socket, closed, text } = await client()
    socket.write(one('a'))
    await closed
    expect(text()).toBe('')
    expect(failures).toHaveLength(1)
  })
})

describe('is not waited for long:', () => {
  test.for<[string, string]>([
    ['a first byte', ''],
    ['the rest of a body', one('abc').slice(0, -1)],
  ])('%s', async ([, bytes]) => {
    await open({ slowest: { headMs: 40, requestMs: 60 } })
    const { socket, closed, text } = await client()
    if (bytes !== '') socket.write(bytes)
    await closed
    expect(text()).toBe('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n')
    expect(came).toEqual([])
  })

  test('the next request, longer than a connection is kept', async () => {
    await open({ keepAliveMs: 60 })
    const { socket, closed, bodies } = await client()
    socket.write(one('a'))
    await closed
    expect(bodies()).toEqual(['plain:a'])
  })
})

test('who reads nothing is not read on either', async () => {
  await open()
  answer = () => says('x'.repeat(8_000_000))
  const { socket, text } = await client()
  socket.pause()
  socket.write(one('a'))
  await until(() => expect(came).toHaveLength(1))
  socket.write(one('b'))
  // A request on another connection takes its turn, and this one still waits.
  const other = await client()
  other.socket.write(one('c'))
  await until(() => expect(came).toHaveLength(2))
  expect(came.map(({ body }) => body)).toEqual(['a', 'c'])
  socket.resume()
  await until(() => expect(text().length).toBeGreaterThan(16_000_000))
  expect(came.map(({ body }) => body)).toEqual(['a', 'c', 'b'])
})
