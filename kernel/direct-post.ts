import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { bodyText } from './body-text.ts'

/** A request whose body has come. */
export interface Posted {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly response: ServerResponse
}

/**
 * A listener that takes the ordinary `POST` of JSON at one path straight from Node's server, and leaves all others, and
 * whatever is out of the ordinary, to a framework. Routing, hooks and replies of Fastify took 8 of the 63 µs of a call.
 */
export function directPost(
  framework: RequestListener,
  options: {
    path: string
    bytesMax: number
    /** A server that ends answers each connection for the last time, which the framework sees to. */
    stopping: () => boolean
    answer: (posted: Posted) => Promise<{ readonly status: number; readonly text: string }>
  },
): RequestListener {
  const { path, bytesMax, stopping, answer } = options

  const isOrdinary = ({ method, url, headers }: IncomingMessage): boolean => {
    const length = Number(headers['content-length'])
    return (
      method === 'POST' &&
      url === path &&
      headers['content-type'] === 'application/json' &&
      length > 0 &&
      length <= bytesMax
    )
  }

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyText(request)
    const { status, text } = await answer({ path, headers: request.headers, body, response })
    response.writeHead(status, [
      'content-type',
      'application/json; charset=utf-8',
      'content-length',
      String(Buffer.byteLength(text)),
    ])
    response.end(text)
  }

  return (request, response) => {
    if (!isOrdinary(request) || stopping()) return framework(request, response)
    // A socket that is gone: there is nobody to tell.
    respond(request, response).catch(() => response.destroy())
  }
}
