import type { FastifyInstance } from 'fastify'

/** A browser asks so seldom whether it may. */
const PREFLIGHT_SECONDS = 600
const REQUEST_HEADERS =
  'authorization, content-type, accept-language, prefer, x-request-id, apollo-require-preflight, last-event-id'
const SHOWN_HEADERS = 'x-request-id, retry-after, preference-applied'

/** Lets pages of some origins ask from a browser (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol). */
export interface Cors {
  may(origin: string | undefined): boolean
  /** What an answer to a page of this origin says of it. */
  headersFor(origin: string | undefined): readonly (readonly [string, string])[]
}

/**
 * There are no cookies: a page shows who asks by the token that it has, so credentials are never allowed. Where no page
 * may ask, nothing is said.
 */
export function corsOf(origins: readonly string[] | 'localhost'): Cors | undefined {
  if (origins !== 'localhost' && origins.length === 0) return undefined
  const may = (origin: string | undefined): boolean =>
    origin !== undefined && (origins === 'localhost' ? isLocal(origin) : origins.includes(origin))
  return {
    may,
    headersFor: (origin) =>
      may(origin)
        ? [
            ['vary', 'Origin'],
            ['access-control-allow-origin', origin!],
            ['access-control-expose-headers', SHOWN_HEADERS],
          ]
        : [['vary', 'Origin']],
  }
}

export function corsHeaders(server: FastifyInstance, cors: Cors): void {
  server.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers
    if (request.method === 'OPTIONS' && cors.may(origin)) {
      return reply
        .headers({
          vary: 'Origin',
          'access-control-allow-origin': origin,
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers': REQUEST_HEADERS,
          'access-control-max-age': PREFLIGHT_SECONDS,
        })
        .code(204)
        .send()
    }
    for (const [name, value] of cors.headersFor(origin)) reply.header(name, value)
  })
}

const isLocal = (origin: string): boolean =>
  /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/.test(origin)
