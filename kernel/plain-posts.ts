import { type IncomingHttpHeaders, type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { systemClock } from './clock.ts'
import { later } from './deadlines.ts'
import { type PlainHead, readPlainHead } from './plain-head.ts'
import { Patience } from './values/patience.ts'

/** A request that has come whole. */
export interface PlainPost {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** From which address the connection comes. */
  readonly address: string
  /** Ends when the client goes before it has its answer. */
  readonly asker: Patience
}

export interface PlainAnswer {
  readonly status: number
  /** Names in small letters. Without `content-length`, and with `connection` only to say that it is the last. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export interface PlainPostsOptions {
  readonly path: string
  readonly bytesMax: number
  /** By its headers: may it be answered so? */
  readonly isOrdinary: (headers: IncomingHttpHeaders) => boolean
  readonly answer: (post: PlainPost) => PlainAnswer | Promise<PlainAnswer>
  /** Told of what is thrown in place of an answer; the connection ends then. */
  readonly failed: (error: unknown) => void
  /** A server that ends answers each connection for the last time, which Node's own sees to. */
  readonly stopping: () => boolean
  /** Within which the first head and a whole request must come. Undefined: they may take as long as they like. */
  readonly slowest?: { readonly headMs: number; readonly requestMs: number } | undefined
}

/** Longer heads are for Node to refuse. */
const HEAD_BYTES_MAX = 8 * 1024
const HEAD_END = Buffer.from('\r\n\r\n')
const NOTHING = Buffer.alloc(0)
const TOO_LATE = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n'
/** Of a header; anything else could end it and begin another. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/

/**
 * Answers the ordinary `POST` of JSON straight from its connection: of what Node's server makes for each request, streams
 * both ways and their events, nothing is needed for a body that comes in one piece, and it took as long as all the rest
 * (`gateway/README.md`). It reads only what cannot be read in two ways (`plain-head.ts`). A connection with anything else
 * is Node's from then on, from the first byte of that request, with all its limits; so nothing need be understood here that
 * is out of the ordinary. Call it before anybody else listens for connections.
 */
export function plainPosts(server: Server, options: PlainPostsOptions): { closeIdle(): void } {
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  const open = new Set<PlainConnection>()
  server.on('connection', (socket: Socket) => {
    const connection: PlainConnection = new PlainConnection(socket, options, {
      keepAliveMs: server.keepAliveTimeout,
      gone: () => void open.delete(connection),
      handOver: () => {
        for (const listener of listeners) listener.call(server, socket)
      },
    })
    open.add(connection)
  })
  return {
    closeIdle() {
      for (const connection of open) connection.closeIfIdle()
    },
  }
}

/** A request whose body has not all come. */
interface Coming {
  readonly head: PlainHead
  readonly body: Buffer
  /** Bytes of it that have come. */
  came: number
}

class PlainConnection {
  readonly #socket: Socket
  readonly #options: PlainPostsOptions
  readonly #owner: { readonly keepAliveMs: number; gone(): void; handOver(): void }
  readonly #address: string
  /** Clients say the same head again and again. */
  #last: { readonly text: string; readonly head: PlainHead } | undefined
  #coming: Coming | undefined
  /** Of the request that is being answered. */
  #asker: Patience | undefined
  /** What came while it was. */
  #held: Buffer = NOTHING
  #inTime: () => void

  constructor(
    socket: Socket,
    options: PlainPostsOptions,
    owner: { readonly keepAliveMs: number; gone(): void; handOver(): void },
  ) {
    this.#socket = socket
    this.#options = options
    this.#owner = owner
    this.#address = socket.remoteAddress ?? ''
    socket.setTimeout(owner.keepAliveMs)
    socket.on('data', this.#onData).on('end', this.#onEnd).on('timeout', this.#onTimeout)
    socket.on('drain', this.#onDrain).on('error', this.#onError).on('close', this.#onClose)
    this.#inTime = this.#within(options.slowest?.headMs)
  }

  closeIfIdle(): void {
    if (!this.#asker && !this.#coming) this.#socket.destroy()
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#asker) {
      this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
      this.#socket.pause()
      return
    }
    if (this.#coming) this.#continue(this.#coming, bytes)
    else this.#begin(bytes)
  }

  /** `bytes` begin with a request. */
  #begin(bytes: Buffer): void {
    this.#inTime()
    const end = bytes.indexOf(HEAD_END)
    const head = end > 0 && end <= HEAD_BYTES_MAX ? this.#headOf(bytes.toString('latin1', 0, end)) : undefined
    const from = end + HEAD_END.length
    const left = head ? from + head.length - bytes.length : -1
    // Who does not wait for an answer wants them in order, which Node's server sees to.
    if (!head || left < 0) this.#handOver(bytes)
    else if (left === 0) this.#answer(head, bytes.toString('utf8', from))
    else {
      const body = Buffer.allocUnsafe(head.length)
      this.#coming = { head, body, came: bytes.copy(body, 0, from) }
      this.#inTime = this.#within(this.#options.slowest?.requestMs)
    }
  }

  #continue(coming: Coming, bytes: Buffer): void {
    const { head, body } = coming
    const taken = bytes.copy(body, coming.came)
    coming.came += taken
    if (coming.came < body.length) return
    this.#coming = undefined
    this.#inTime()
    this.#held = bytes.subarray(taken)
    this.#answer(head, body.toString())
  }

  #headOf(text: string): PlainHead | undefined {
    const { path, bytesMax, isOrdinary, stopping } = this.#options
    if (stopping()) return undefined
    if (this.#last?.text === text) return this.#last.head
    const head = readPlainHead(text, path)
    if (!head || head.length > bytesMax || !isOrdinary(head.headers)) return undefined
    this.#last = { text, head }
    return head
  }

  #answer({ headers }: PlainHead, body: string): void {
    const { path, answer } = this.#options
    const asker = new Patience()
    this.#asker = asker
    try {
      const answered = answer({ path, headers, body, address: this.#address, asker })
      if (answered instanceof Promise) answered.then(this.#send).catch(this.#fail)
      else this.#send(answered)
    } catch (error) {
      this.#fail(error)
    }
  }

  readonly #fail = (error: unknown): void => {
    this.#options.failed(error)
    this.#socket.destroy()
  }

  readonly #send = (answer: PlainAnswer): void => {
    this.#asker = undefined
    const socket = this.#socket
    if (!socket.writable) return
    const { text, isLast } = responseText(answer, this.#owner.keepAliveMs)
    const isTaken = socket.write(text)
    if (isLast) socket.destroySoon()
    else if (this.#held.length > 0) this.#handOver(this.#held)
    // Who asks on and reads nothing is not read on either.
    else if (!isTaken) socket.pause()
  }

  /** All that comes from here on is for Node's server. */
  #handOver(bytes: Buffer): void {
    const socket = this.#socket
    this.#leave()
    socket.setTimeout(0)
    socket.off('data', this.#onData).off('end', this.#onEnd).off('timeout', this.#onTimeout)
    socket.off('drain', this.#onDrain).off('error', this.#onError).off('close', this.#onClose)
    socket.pause()
    if (bytes.length > 0) socket.unshift(bytes)
    this.#owner.handOver()
    socket.resume()
  }

  #within(ms: number | undefined): () => void {
    return ms === undefined ? nothing : later(ms, this.#onLate)
  }

  readonly #onLate = (): void => {
    this.#socket.write(TOO_LATE)
    this.#socket.destroySoon()
  }

  readonly #onDrain = (): void => {
    if (this.#held.length === 0) this.#socket.resume()
  }

  /** Nothing was said or heard for as long as a connection is kept. */
  readonly #onTimeout = (): void => {
    if (!this.#asker) this.#socket.destroy()
  }

  readonly #onEnd = (): void => {
    this.#socket.end()
  }

  readonly #onError = (): void => {
    // A socket that is gone: there is nobody to tell.
  }

  readonly #onClose = (): void => {
    this.#leave()
    this.#asker?.end()
  }

  #leave(): void {
    this.#inTime()
    this.#owner.gone()
  }
}

const nothing = (): void => {}

/** As Node's server writes it. */
function responseText(
  { status, headers, body }: PlainAnswer,
  keepAliveMs: number,
): { text: string; isLast: boolean } {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`
  let isLast = false
  for (const [name, value] of headers) {
    if (NO_VALUE.test(value)) throw new TypeError(`The header ${name} has a value that none can have.`)
    text += `${name}: ${value}\r\n`
    if (name === 'connection') isLast = true
  }
  const kept = isLast
    ? ''
    : `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAliveMs / 1_000)}\r\n`
  text += `content-length: ${Buffer.byteLength(body)}\r\nDate: ${dateText()}\r\n${kept}\r\n${body}`
  return { text, isLast }
}

let date = { second: 0, text: '' }

/** It is the same for a second. */
function dateText(): string {
  const now = systemClock.now()
  const second = Math.floor(now / 1_000)
  if (date.second !== second) date = { second, text: new Date(now).toUTCString() }
  return date.text
}
