import type { IncomingHttpHeaders } from 'node:http'

/** The head of a plain request. */
export interface PlainHead {
  readonly headers: IncomingHttpHeaders
  /** Bytes of the body. */
  readonly length: number
}

/** What changes how a message is to be read, or what becomes of its connection. */
const FIELDS_FOR_OTHERS: ReadonlySet<string> = new Set([
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** https://www.rfc-editor.org/rfc/rfc9110#name-tokens */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** What may stand in a value: no control character but a tab. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/
const LENGTH = /^[1-9]\d{0,8}$/
const FIELDS_MAX = 64

/**
 * Reads the head of a `POST` to one path by HTTP/1.1 (RFC 9112), where nobody could read it otherwise: each field once, no
 * folded lines, no bare line breaks, a length and no coding, a connection that is kept. Undefined for any other, which is
 * no judgement: whoever reads all of HTTP is to look at it. `text` is the head in latin1 without the empty line at its end.
 */
export function readPlainHead(text: string, path: string): PlainHead | undefined {
  const [request, ...lines] = text.split('\r\n')
  if (request !== `POST ${path} HTTP/1.1` || lines.length > FIELDS_MAX) return undefined
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).toLowerCase()
    const value = withoutBlanks(line, colon + 1)
    if (!NAME.test(name) || NO_VALUE.test(value) || FIELDS_FOR_OTHERS.has(name)) return undefined
    // One that is there twice, and `__proto__`.
    if (name in headers) return undefined
    headers[name] = value
  }
  const { host, connection = 'keep-alive', 'content-length': length = '' } = headers
  if (host === undefined || connection.toLowerCase() !== 'keep-alive' || !LENGTH.test(length))
    return undefined
  return { headers: headers as IncomingHttpHeaders, length: Number(length) }
}

/** The rest of a line without the blanks around it. */
function withoutBlanks(line: string, from: number): string {
  let [start, end] = [from, line.length]
  while (start < end && isBlank(line.charCodeAt(start))) start += 1
  while (end > start && isBlank(line.charCodeAt(end - 1))) end -= 1
  return line.slice(start, end)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
