import { connect, type Socket } from 'node:net'
import { later } from './deadlines.ts'
import type { Call } from './post.ts'
import { type HttpResponse, ResponseReader } from './response-reader.ts'

const CONNECT_MS = 1_000
/** As much as Node reads at once. */
const READ_BYTES = 64 * 1024

/** One connection, with one call at a time. What a call does not come to an end on is not used again. */
export class Line {
  idleSince = 0
  readonly #socket: Socket
  readonly #host: string
  readonly #owner: { free(): void; gone(): void }
  readonly #reader = new ResponseReader()
  #call: Call | undefined
  #isGone = false

  constructor({ host, hostname, port }: URL, owner: { free(): void; gone(): void }) {
    this.#host = host
    this.#owner = owner
    // Read into the same bytes each time, without a stream: what has come is made a text at once.
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
    const socket = connect({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port || 80),
      noDelay: true,
      onread: { buffer, callback: (bytes) => this.#receive(buffer.subarray(0, bytes)) },
    })
    const inTime = later(CONNECT_MS, () => this.#end(new Error('A connection was not made in time.')))
    socket.once('connect', inTime)
    socket.on('error', (error) => this.#end(error))
    socket.once('close', () => {
      inTime()
      this.#end(new Error('The other side has closed the connection.'))
    })
    this.#socket = socket
  }

  send(call: Call): void {
    this.#call = call
    const { path, headers, body, bytesMax } = call.post
    this.#reader.begin(bytesMax)
    call.onGivenUp = () => this.destroy()
    let head = `POST ${path} HTTP/1.1\r\nhost: ${this.#host}\r\nconnection: keep-alive\r\n`
    for (const name of Object.keys(headers)) head += `${name}: ${headers[name]}\r\n`
    this.#socket.ref()
    this.#socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }

  destroy(): void {
    this.#end(new Error('The connection was given up.'))
  }

  #receive(bytes: Buffer): boolean {
    const call = this.#call
    try {
      if (!call) throw new Error('The other side speaks without having been asked.')
      const response = this.#reader.read(bytes)
      if (response) this.#answered(call, response)
    } catch (error) {
      this.#end(error as Error)
    }
    return true
  }

  #answered(call: Call, { statusCode, text, isLast }: HttpResponse): void {
    this.#call = undefined
    call.answer({ statusCode, text })
    if (isLast) this.destroy()
    else {
      // Whoever is idle keeps no process alive.
      this.#socket.unref()
      this.idleSince = performance.now()
      this.#owner.free()
    }
  }

  #end(error: Error): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#socket.destroy()
    this.#call?.fail(error)
    this.#call = undefined
    this.#owner.gone()
  }
}
