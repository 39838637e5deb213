import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')

export function requestBytes(url: string, body: unknown, token: string | undefined): Buffer {
  const text = JSON.stringify(body)
  const { host, pathname } = new URL(url)
  return Buffer.from(
    [
      `POST ${pathname === '/' ? '/graphql' : pathname} HTTP/1.1`,
      `host: ${host}`,
      'content-type: application/json',
      'accept: application/json',
      ...(token ? [`authorization: Bearer ${token}`] : []),
      `content-length: ${Buffer.byteLength(text)}`,
      '',
      text,
    ].join('\r\n'),
  )
}

/**
 * A connection that is kept, read by hand: two cores are shared with what is measured, and a client of comfort would take
 * as much of them as the fastest gateway.
 */
export class Connection {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #wanted: { resolve: (body: Buffer) => void; reject: (error: Error) => void } | undefined

  static async open(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    await once(socket, 'connect')
    return new Connection(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  ask(bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error('the server has closed the connection'))
      this.#wanted = { resolve, reject }
      this.#socket.write(bytes)
    })
  }

  close(): void {
    this.#wanted = undefined
    this.#socket.destroy()
  }

  #fail(error: Error): void {
    this.#wanted?.reject(error)
    this.#wanted = undefined
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const body = bodyOf(this.#received)
    if (!body) return
    this.#received = Buffer.alloc(0)
    const wanted = this.#wanted
    this.#wanted = undefined
    if (this.#isOk(body.head)) wanted?.resolve(body.body)
    else wanted?.reject(new Error(body.head.split('\r\n')[0]))
  }

  #isOk(head: string): boolean {
    return head.startsWith('HTTP/1.1 200')
  }
}

/** Undefined: it has not all come yet. There is one answer at a time. */
function bodyOf(received: Buffer): { head: string; body: Buffer } | undefined {
  const end = received.indexOf(HEAD_END)
  if (end < 0) return undefined
  const head = received.toString('latin1', 0, end)
  const rest = received.subarray(end + HEAD_END.length)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) return rest.length < Number(length) ? undefined : { head, body: rest }
  if (rest.subarray(-5).toString('latin1') !== '0\r\n\r\n') return undefined
  return { head, body: unchunked(rest) }
}

function unchunked(chunked: Buffer): Buffer {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = chunked.indexOf('\r\n', at)
    const size = Number.parseInt(chunked.toString('latin1', at, lineEnd), 16)
    if (!size) return Buffer.concat(parts)
    parts.push(chunked.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}

export async function openConnections(
  url: string,
  count: number,
): Promise<Disposable & { readonly all: readonly Connection[] }> {
  const all = await Promise.all(Array.from({ length: count }, () => Connection.open(url)))
  return {
    all,
    [Symbol.dispose]() {
      for (const connection of all) connection.close()
    },
  }
}

export interface Measured {
  readonly requests: number
  readonly seconds: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? 0

const measured = (latencies: readonly number[], seconds: number): Measured => {
  const requests = latencies.length
  const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)]
  return { requests, seconds, perSecond: requests / seconds, p50, p99 }
}

/** As many requests as come back, each connection asking again as soon as it is answered. */
export async function fullLoad(
  connections: readonly Connection[],
  asks: readonly Buffer[],
  forMs: number,
): Promise<Measured> {
  const latencies: number[] = []
  const began = performance.now()
  await Promise.all(
    connections.map(async (connection, index) => {
      for (let turn = index; performance.now() - began < forMs; turn += connections.length) {
        const at = performance.now()
        await connection.ask(asks[turn % asks.length]!)
        latencies.push(performance.now() - at)
      }
    }),
  )
  return measured(latencies, (performance.now() - began) / 1_000)
}

export interface Steady extends Measured {
  /** How late this process itself was to ask, the 99th percentile in milliseconds: no fault of who is asked. */
  readonly late: number
}

/** Longest sleep of whoever keeps a pace, in milliseconds: half of the time that the fastest set-up takes to answer. */
const NAP_MS = 0.1
const nobody = new Int32Array(new SharedArrayBuffer(4))

/**
 * So many requests a second, evenly, whether or not those before have been answered. Between them it sleeps: when it
 * spun, all of a core was its own, and wherever the system put the other side beside it, that waited for its share. Of
 * the in-process gateway the 99th percentile was 25 to 33 ms then, and is 1.5 ms with the same collections of garbage,
 * of 1 ms at most (ahead of everybody else on two cores).
 */
export async function steadyLoad(
  connections: readonly Connection[],
  asks: readonly Buffer[],
  { perSecond, forMs }: { perSecond: number; forMs: number },
): Promise<Steady> {
  const latencies: number[] = []
  const late: number[] = []
  const free = [...connections]
  const began = performance.now()
  const wanted = Math.floor((perSecond * forMs) / 1_000)
  const waiting: { due: number; turn: number }[] = []
  let sent = 0
  let open = 0

  const send = async (connection: Connection, due: number, turn: number): Promise<void> => {
    open += 1
    await connection.ask(asks[turn % asks.length]!)
    open -= 1
    // From the moment at which it was due: a server that stalls does not make the requests behind it disappear.
    latencies.push(performance.now() - due)
    const next = waiting.shift()
    if (next) void send(connection, next.due, next.turn)
    else free.push(connection)
  }

  while (sent < wanted || open > 0) {
    const now = performance.now()
    while (sent < wanted && began + (sent * 1_000) / perSecond <= now) {
      const due = began + (sent * 1_000) / perSecond
      late.push(now - due)
      const connection = free.pop()
      if (connection) void send(connection, due, sent)
      else waiting.push({ due, turn: sent })
      sent += 1
    }
    Atomics.wait(nobody, 0, 0, NAP_MS)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const found = measured(latencies, (performance.now() - began) / 1_000)
  return { ...found, late: percentile(late, 0.99) }
}
