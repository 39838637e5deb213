import type { FastifyInstance } from 'fastify'

/** A browser asks so seldom whether it may. */
const PREFLIGHT_SECONDS = 600
const REQUEST_HEADERS =
  'authorization, content-type, accept-language, prefer, x-request-id, apollo-require-preflight, last-event-id'
const SHOWN_HEADERS = 'x-request-id, retry-after, preference-applied'

/**
 * Lets pages of these origins ask from a browser (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol). There are no
 * cookies: a page shows who asks by the token that it has, so credentials are never allowed.
 */
export function corsHeaders(server: FastifyInstance, origins: readonly string[] | 'localhost'): void {
  if (origins !== 'localhost' && origins.length === 0) return
  const may = (origin: string): boolean =>
    origins === 'localhost' ? isLocal(origin) : origins.includes(origin)

  server.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers
    reply.header('vary', 'Origin')
    if (origin === undefined || !may(origin)) return
    reply.header('access-control-allow-origin', origin)
    if (request.method === 'OPTIONS') {
      return reply
        .headers({
          'access-control-allow-methods': 'GET, POST',
          'access-control-allow-headers': REQUEST_HEADERS,
          'access-control-max-age': PREFLIGHT_SECONDS,
        })
        .code(204)
        .send()
    }
    reply.header('access-control-expose-headers', SHOWN_HEADERS)
  })
}

const isLocal = (origin: string): boolean =>
  /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/.test(origin)
