import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Lines } from '../../kernel/lines.ts'
import type { Post } from '../../kernel/post.ts'
import { Patience } from '../../kernel/values/patience.ts'

const asked = (more: Partial<Post> = {}): Post => ({
  path: '/graphql',
  headers: { 'content-type': 'application/json' },
  body: '{}',
  withinMs: 2_000,
  bytesMax: 100_000,
  ...more,
})

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function linesTo(server: Server): Promise<Lines> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(() => server.close())
  const lines = new Lines(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  open.push(() => lines.close())
  return lines
}

/** A server that says what it is told to, whatever it is asked, and counts those who have come. */
async function saying(say: (socket: Socket, turn: number) => void) {
  const sockets: Socket[] = []
  let turn = 0
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', () => say(socket, turn++))
  })
  const lines = await linesTo(server)
  open.push(() => {
    for (const socket of sockets) socket.destroy()
  })
  return { lines, sockets }
}

const whole = (text: string, more = '') =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n${more}\r\n${text}`

test('what is asked arrives as it was sent, and what is answered comes back, over one connection', async () => {
  let connections = 0
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const said = {
        method,
        url,
        type: headers['content-type'],
        host: headers.host,
        body: `${Buffer.concat(chunks)}`,
      }
      response.writeHead(said.body === '"last"' ? 401 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(said))
    })
  })
  server.on('connection', () => {
    connections += 1
  })
  const lines = await linesTo(server)
  const { port } = server.address() as AddressInfo
  for (const body of ['"会通"', `"${'通'.repeat(30_000)}"`, '"last"']) {
    const { statusCode, text } = await lines.post(asked({ body, bytesMax: 1_000_000 }))
    const said = {
      method: 'POST',
      url: '/graphql',
      type: 'application/json',
      host: `127.0.0.1:${port}`,
      body,
    }
    expect(JSON.parse(text)).toEqual(said)
    expect(statusCode).toBe(body === '"last"' ? 401 : 200)
  }
  expect(connections).toBe(1)
})

const chunked = (text: string, coding = 'chunked') =>
  `HTTP/1.1 200 OK\r\ntransfer-encoding: ${coding}\r\n\r\n${text}`

test.each([
  ['with a length', whole('{"name":"会通"}')],
  ['in chunks', chunked('4\r\n{"na\r\n8;x=y\r\nme":"会\r\n5\r\n通"}\r\n0\r\nafter: it\r\n\r\n')],
])('an answer %s may come byte by byte', async (_, answer) => {
  const bytes = Buffer.from(answer)
  const { lines, sockets } = await saying(async (socket) => {
    for (const byte of bytes) {
      socket.setNoDelay(true).write(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
  for (let turn = 0; turn < 2; turn++) {
    expect((await lines.post(asked())).text).toBe('{"name":"会通"}')
  }
  expect(sockets).toHaveLength(1)
})

test('an answer in chunks may come at once', async () => {
  const { lines } = await saying((socket) => socket.write(chunked('2\r\n{}\r\n0\r\n\r\n')))
  expect(await lines.post(asked())).toEqual({ statusCode: 200, text: '{}' })
})

test.each([
  ['is no HTTP', 'hello\r\n\r\n'],
  ['has no end', 'HTTP/1.1 200 OK\r\n\r\n{}'],
  ['has two ends', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
  ['has a length and chunks', chunked('2\r\n{}\r\n0\r\n\r\n', 'chunked\r\ncontent-length: 2')],
  ['is coded otherwise', chunked('{}', 'gzip, chunked')],
  ['goes on after its length', `${whole('{}')}HTTP/1.1 200 OK`],
  ['goes on after its chunks', chunked('2\r\n{}\r\n0\r\n\r\nHTTP/1.1')],
  ['has a chunk without a size', chunked('x\r\n{}\r\n')],
  ['has a chunk longer than its size', chunked('1\r\n{}\r\n')],
  ['has a head without an end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(4_000)}`],
  ['is too long', whole('x'.repeat(100_001))],
  ['is too long in its chunks', chunked('ffffff\r\n')],
])('an answer that %s is none, and its connection is not used again', async (_, answer) => {
  const { lines, sockets } = await saying((socket, turn) => socket.write(turn === 0 ? answer : whole('{}')))
  await expect(lines.post(asked())).rejects.toThrow()
  expect((await lines.post(asked())).text).toBe('{}')
  expect(sockets).toHaveLength(2)
})

test('who waits no longer is let go, and the connection with him', async () => {
  const { lines, sockets } = await saying((socket, turn) => turn > 1 && socket.write(whole('{}')))
  await expect(lines.post(asked({ withinMs: 30 }))).rejects.toThrow(
    expect.objectContaining({ name: 'TooLateError' }),
  )
  const asker = new Patience()
  const gone = lines.post(asked({ asker }))
  await expect.poll(() => sockets.length).toBe(2)
  asker.end()
  await expect(gone).rejects.toThrow(expect.objectContaining({ name: 'TooLateError' }))
  await expect(lines.post(asked({ asker }))).rejects.toThrow()
  expect((await lines.post(asked())).text).toBe('{}')
  expect(sockets).toHaveLength(3)
})

test('what the other side closes, says to be its last, or speaks over unasked is not used again', async () => {
  const { lines, sockets } = await saying((socket, turn) => {
    if (turn === 0) socket.end(whole('{}'))
    else if (turn === 1) socket.write(whole('{}', 'Connection: close\r\n'))
    else if (turn === 2) socket.destroy()
    else socket.write(whole('{}'))
  })
  await lines.post(asked())
  await new Promise((resolve) => sockets[0]!.once('close', resolve))
  await lines.post(asked())
  await expect(lines.post(asked())).rejects.toThrow('closed')
  await lines.post(asked())
  expect(sockets).toHaveLength(4)
  sockets[3]!.write(whole('{"of":"nobody"}'))
  await new Promise((resolve) => sockets[3]!.once('close', resolve))
  expect((await lines.post(asked())).text).toBe('{}')
  expect(sockets).toHaveLength(5)
})

test('whoever finds all connections in use waits for one, or for no longer than it wants', async () => {
  const held: Socket[] = []
  const { lines, sockets } = await saying((socket) => void held.push(socket))
  const all = Array.from({ length: 66 }, () => lines.post(asked()))
  await expect(lines.post(asked({ withinMs: 30 }))).rejects.toThrow()
  await expect.poll(() => held.length).toBe(64)
  held[0]!.write(whole('{}'))
  held[1]!.destroy()
  all[1]!.catch(() => {})
  await expect.poll(() => held.length).toBe(66)
  for (const socket of held.slice(2)) socket.write(whole('{}'))
  const answers = await Promise.allSettled(all)
  expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(1)
  expect(sockets).toHaveLength(65)
})

test('closing waits for who is under way, and takes nobody more', async () => {
  const { lines, sockets } = await saying((socket) => setTimeout(() => socket.write(whole('{}')), 20))
  await lines.post(asked())
  const last = lines.post(asked())
  const closed = lines.close()
  await expect(lines.post(asked())).rejects.toThrow('closed')
  expect((await last).text).toBe('{}')
  await closed
  await expect.poll(() => sockets[0]!.closed).toBe(true)
})

test('where nobody listens, that is said at once', async () => {
  const server = createServer()
  const lines = await linesTo(server)
  await new Promise((resolve) => server.close(resolve))
  await expect(lines.post(asked())).rejects.toThrow('ECONNREFUSED')
})
