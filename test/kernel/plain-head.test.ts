import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readPlainHead } from '../../kernel/plain-head.ts'

const POST = 'POST /graphql HTTP/1.1'
const HOST = 'Host: a.example'
const LENGTH = 'Content-Length: 12'
const read = (...lines: string[]) => readPlainHead(lines.join('\r\n'), '/graphql')

test('a head is its fields, by small names, and a length', () => {
  expect(read(POST, HOST, LENGTH, 'Accept:\t application/json \t', 'X-Empty:', 'X-Name: Zo\xeb: b')).toEqual({
    headers: {
      host: 'a.example',
      'content-length': '12',
      accept: 'application/json',
      'x-empty': '',
      'x-name': 'Zo\xeb: b',
    },
    length: 12,
  })
})

describe('is left to who reads all of HTTP:', () => {
  test.for<[string, ...string[]]>([
    ['another method', 'GET /graphql HTTP/1.1', HOST, LENGTH],
    ['another path', 'POST /graphql?a HTTP/1.1', HOST, LENGTH],
    ['another version', 'POST /graphql HTTP/1.0', HOST, LENGTH],
    ['an absolute address', 'POST http://a.example/graphql HTTP/1.1', HOST, LENGTH],
    ['two blanks', 'POST  /graphql HTTP/1.1', HOST, LENGTH],
    ['no host', POST, LENGTH],
    ['no length', POST, HOST],
    ['a length of nothing', POST, HOST, 'Content-Length: 0'],
    ['a length with a sign', POST, HOST, 'Content-Length: +12'],
    ['a length in hexadecimal', POST, HOST, 'Content-Length: 0x12'],
    ['a list of lengths', POST, HOST, 'Content-Length: 12, 12'],
    ['a length twice', POST, HOST, LENGTH, LENGTH],
    ['a length that is too long', POST, HOST, 'Content-Length: 1234567890'],
    ['chunks', POST, HOST, LENGTH, 'Transfer-Encoding: chunked'],
    ['a field twice', POST, HOST, LENGTH, 'X-A: 1', 'x-a: 2'],
    ['a host twice', POST, HOST, HOST, LENGTH],
    ['a connection that is not kept', POST, HOST, LENGTH, 'Connection: close'],
    ['fields of the connection', POST, HOST, LENGTH, 'Connection: keep-alive, authorization'],
    ['another protocol', POST, HOST, LENGTH, 'Upgrade: websocket'],
    ['a client that waits', POST, HOST, LENGTH, 'Expect: 100-continue'],
    ['a folded line', POST, HOST, LENGTH, 'X-A: 1', ' 2'],
    ['a blank before the colon', POST, HOST, LENGTH, 'X-A : 1'],
    ['a blank before the name', POST, HOST, LENGTH, ' X-A: 1'],
    ['no colon', POST, HOST, LENGTH, 'X-A'],
    ['no name', POST, HOST, LENGTH, ': 1'],
    ['a name that is none', POST, HOST, LENGTH, 'X(A): 1'],
    ['a bare line feed', POST, HOST, LENGTH, 'X-A: 1\nX-B: 2'],
    ['a bare return', POST, HOST, LENGTH, 'X-A: 1\rX-B: 2'],
    ['a NUL', POST, HOST, LENGTH, 'X-A: \0'],
    ['a prototype', POST, HOST, LENGTH, '__proto__: 1'],
    ['a constructor', POST, HOST, LENGTH, 'Constructor: 1'],
    ['an empty line', POST, HOST, '', LENGTH],
    ['very many fields', POST, HOST, LENGTH, ...Array.from({ length: 63 }, (_, n) => `X-${n}: 1`)],
  ])('%s', ([, ...lines]) => {
    expect(read(...lines)).toBeUndefined()
  })
})

describe('beside Node', () => {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('latin1').on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => response.end(JSON.stringify({ headers: request.headers, body })))
  })
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterAll(() => void server.close())

  /** What Node makes of the bytes; undefined: nothing, or more than one request. */
  const byNode = async (
    bytes: string,
  ): Promise<{ headers: IncomingHttpHeaders; body: string } | undefined> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.end(bytes, 'latin1')
    let text = ''
    for await (const chunk of socket.setEncoding('utf8')) text += chunk
    const [head = '', body = ''] = text.split('\r\n\r\n')
    return head.startsWith('HTTP/1.1 200') ? JSON.parse(body) : undefined
  }

  const blank = fc.constantFrom('', ' ', '\t', '  ')
  const name = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom('Accept', 'Authorization', 'X-A', 'x-b', 'Cookie', 'ORIGIN', 'Age'),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'Content-Length',
        'Transfer-Encoding',
        'Connection',
        'Host',
        'Upgrade',
        'Trailer',
      ),
    },
    fc.string({ minLength: 1, maxLength: 3, unit: 'binary-ascii' }),
  )
  const value = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('a', 'b c', '2', '12', 'keep-alive', 'close', 'chunked', '') },
    fc.string({
      maxLength: 5,
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    }),
  )
  const line = fc
    .tuple(name, fc.constantFrom(':', ':', ':', ' :', ''), blank, value, blank)
    .map((all) => all.join(''))
  const request = fc.record({
    first: fc.oneof({ weight: 9, arbitrary: fc.constant(POST) }, fc.constant('POST /graphql HTTP/1.0')),
    lines: fc.uniqueArray(line, { maxLength: 5 }),
    at: fc.nat(5),
    body: fc.string({ minLength: 1, maxLength: 9, unit: 'binary-ascii' }),
  })

  test('what is read is read alike: the same fields, the same body', async () => {
    let same = 0
    await fc.assert(
      fc.asyncProperty(request, async ({ first, lines, at, body }) => {
        const all = lines.toSpliced(
          Math.min(at, lines.length),
          0,
          'Host: x',
          `Content-Length: ${body.length}`,
        )
        const head = [first, ...all].join('\r\n')
        const read = readPlainHead(head, '/graphql')
        if (!read) return
        const node = await byNode(`${head}\r\n\r\n${body}`)
        expect(node).toEqual({ headers: read.headers, body })
        expect(read.length).toBe(body.length)
        same += 1
      }),
      { numRuns: 500 },
    )
    // Enough of them are, for this to say something.
    expect(same).toBeGreaterThan(50)
  })
})
