import { TooLongError } from './post.ts'

/** An answer by HTTP, and whether its connection may be used again. */
export interface HttpResponse {
  readonly statusCode: number
  readonly text: string
  readonly isLast: boolean
}

/** Said of what is no answer, or not one that we understand. */
export class NoResponseError extends Error {
  override name = 'NoResponseError'
}

interface Head {
  readonly statusCode: number
  readonly isLast: boolean
  /** Bytes; undefined: it comes in chunks. */
  readonly length: number | undefined
}

const NOTHING = Buffer.alloc(0)
const HEAD_END = Buffer.from('\r\n\r\n')
const HEAD_BYTES_MAX = 16 * 1024

/**
 * Reads answers as our own processes and proxies before them give them: of HTTP/1.1, with a length or in chunks. All
 * else is none. https://www.rfc-editor.org/rfc/rfc9112
 */
export class ResponseReader {
  #bytesMax = 0
  #before: Buffer = NOTHING
  #head: Head | undefined
  #body: Buffer | undefined
  #filled = 0
  #chunks: Chunks | undefined

  /** For the next answer. */
  begin(bytesMax: number): void {
    this.#bytesMax = bytesMax
    this.#before = NOTHING
    this.#head = undefined
    this.#body = undefined
    this.#filled = 0
    this.#chunks = undefined
  }

  /** Undefined: it has not all come yet. The bytes may be overwritten afterwards. */
  read(bytes: Buffer): HttpResponse | undefined {
    if (this.#head) return this.#readBody(this.#head, bytes)
    const came = this.#before.length === 0 ? bytes : Buffer.concat([this.#before, bytes])
    const end = came.indexOf(HEAD_END)
    if (end > HEAD_BYTES_MAX || (end < 0 && came.length > HEAD_BYTES_MAX)) {
      throw new NoResponseError('The head of an answer has no end.')
    }
    if (end < 0) {
      this.#before = Buffer.from(came)
      return undefined
    }
    const head = headOf(came.toString('latin1', 0, end + 2))
    const from = end + HEAD_END.length
    const { length } = head
    if (length !== undefined) {
      if (length > this.#bytesMax) throw new TooLongError()
      if (came.length === from + length) return answer(head, came.toString('utf8', from))
    }
    this.#head = head
    if (length === undefined) this.#chunks = new Chunks(this.#bytesMax)
    else this.#body = Buffer.allocUnsafe(length)
    return this.#readBody(head, came.subarray(from))
  }

  #readBody(head: Head, bytes: Buffer): HttpResponse | undefined {
    if (this.#chunks) {
      const whole = this.#chunks.read(bytes)
      return whole && answer(head, whole.toString())
    }
    const body = this.#body!
    if (this.#filled + bytes.length > body.length)
      throw new NoResponseError('An answer goes on after its end.')
    this.#filled += bytes.copy(body, this.#filled)
    return this.#filled < body.length ? undefined : answer(head, body.toString())
  }
}

const answer = ({ statusCode, isLast }: Head, text: string): HttpResponse => ({ statusCode, text, isLast })

/** Each line of a head ends with its line break. */
function headOf(text: string): Head {
  const head = text.toLowerCase()
  const status = /^http\/1\.1 ([2-5]\d\d)[ \r]/.exec(head)?.[1]
  const length = field(head, '\r\ncontent-length:')
  const coding = field(head, '\r\ntransfer-encoding:')
  const isLast = field(head, '\r\nconnection:')?.includes('close') === true
  const isChunked = length === undefined && coding === 'chunked'
  const isMeasured = coding === undefined && length !== undefined && /^\d{1,15}$/.test(length)
  if (status === undefined || !(isChunked || isMeasured)) {
    throw new NoResponseError('What has come is no answer, or has no clear end.')
  }
  return { statusCode: Number(status), isLast, length: isChunked ? undefined : Number(length) }
}

function field(head: string, name: string): string | undefined {
  const at = head.indexOf(name)
  if (at < 0) return undefined
  if (head.includes(name, at + name.length)) throw new NoResponseError('An answer has a field twice.')
  const from = at + name.length
  return head.slice(from, head.indexOf('\r\n', from)).trim()
}

const LINE_BYTES_MAX = 1_024

/** A body in chunks, each with its size before it; what may follow the last is passed over. */
class Chunks {
  readonly #bytesMax: number
  readonly #parts: Buffer[] = []
  #bytes = 0
  #before: Buffer = NOTHING
  /** Of this chunk, with the line break after it. */
  #left = 0
  #isOver = false

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  read(bytes: Buffer): Buffer | undefined {
    // What is kept must not be overwritten.
    let rest: Buffer = Buffer.concat([this.#before, bytes])
    for (;;) {
      const data = rest.subarray(0, Math.max(0, this.#left - 2))
      this.#parts.push(data)
      this.#left -= data.length
      rest = rest.subarray(data.length)
      const end = rest.indexOf('\r\n')
      if (this.#left > 2 || end < 0) {
        if (rest.length > LINE_BYTES_MAX) throw new NoResponseError('A chunk of an answer has no size.')
        this.#before = rest
        return undefined
      }
      const line = rest.toString('latin1', 0, end)
      rest = rest.subarray(end + 2)
      if (this.#left > 0) {
        if (line !== '') throw new NoResponseError('A chunk of an answer is longer than its size.')
        this.#left = 0
      } else if (!this.#isOver) this.#begin(line)
      else if (line === '') {
        if (rest.length > 0) throw new NoResponseError('An answer goes on after its end.')
        return Buffer.concat(this.#parts)
      }
    }
  }

  #begin(line: string): void {
    const size = /^([\da-f]{1,8})[ \t]*(?:;|$)/i.exec(line)?.[1]
    if (size === undefined) throw new NoResponseError('A chunk of an answer has no size.')
    const bytes = Number.parseInt(size, 16)
    this.#bytes += bytes
    if (this.#bytes > this.#bytesMax) throw new TooLongError()
    if (bytes === 0) this.#isOver = true
    else this.#left = bytes + 2
  }
}
