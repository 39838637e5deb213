import type { FastifyInstance } from 'fastify'
import { type ExecutionArgs, GraphQLError, parse } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import type { Principal } from '../../kernel/auth/principal.ts'
import { AppError } from '../../kernel/errors.ts'
import type { Named } from '../documents/resolve-document.ts'
import type { Answer, Follower, Subscriptions } from './open-subscriptions.ts'
import type { Asked } from './prepare.ts'

const MESSAGE_BYTES_MAX = 100_000
const SOCKETS_MAX = 10_000
const INIT_MS = 3_000
const KEEP_ALIVE_MS = 12_000

type Caller = Omit<Follower, 'gone'>

/**
 * Subscriptions over WebSocket, by the protocol of graphql-ws (`graphql-transport-ws`). The token comes as
 * `authorization` in the payload of `connection_init`, as browsers can send no header; or as a header.
 */
export function websocketRoute(
  server: FastifyInstance,
  options: {
    subscriptions: Subscriptions
    /** The text of the document that is named; throws where it may not be. */
    textOf: (principal: Principal, named: Named) => Promise<string | undefined>
    /** Throws where the token is none. */
    callerOf: (authorization: string | undefined, language: string | undefined) => Promise<Caller>
  },
): { close(): Promise<void> } {
  const { subscriptions, textOf, callerOf } = options
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX })
  const gone = new WeakMap<object, AbortController>()
  const streams = new WeakMap<object, AsyncGenerator<Answer, void>>()

  server.server.on('upgrade', (request, socket, head) => {
    const path = request.url?.split('?')[0]
    if (path !== '/graphql' || sockets.clients.size >= SOCKETS_MAX) {
      socket.end(`HTTP/1.1 ${path === '/graphql' ? '503 Service Unavailable' : '404 Not Found'}\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened, request))
  })

  const served = useServer<Record<string, unknown>, { caller?: Caller }>(
    {
      connectionInitWaitTimeout: INIT_MS,
      async onConnect({ connectionParams = {}, extra }) {
        const given = connectionParams.authorization ?? connectionParams.Authorization
        const { authorization, 'accept-language': language } = extra.request.headers
        try {
          extra.caller = await callerOf(typeof given === 'string' ? given : authorization, language)
          gone.set(extra, new AbortController())
          return true
        } catch (error) {
          if (error instanceof AppError) return false // The socket is closed with 4403.
          throw error
        }
      },
      async onSubscribe({ extra }, _, payload) {
        try {
          const follower = { ...extra.caller!, gone: gone.get(extra)!.signal }
          const query = (await textOf(follower.claims.principal, payload)) ?? ''
          const stream = await subscriptions.open({ ...(payload as Asked), query }, follower)
          if (!stream)
            return [refused('BAD_USER_INPUT', 'Only subscriptions are served here; POST the rest.')]
          const args = { document: parse(query), operationName: payload.operationName }
          streams.set(args, stream)
          return args as unknown as ExecutionArgs
        } catch (error) {
          return errorsOf(error)
        }
      },
      subscribe: (args) => streams.get(args)! as never,
      onClose({ extra }) {
        gone.get(extra)?.abort()
      },
    },
    sockets,
    KEEP_ALIVE_MS,
  )
  return { close: async () => void (await served.dispose()) }
}

/** What of a refusal a client may see. */
export function errorsOf(error: unknown): GraphQLError[] {
  if (Array.isArray(error)) return error.map((one) => refused('BAD_USER_INPUT', String(one?.message)))
  if (error instanceof AppError && error.code !== 'INTERNAL') return [refused(error.code, error.message)]
  throw error
}

const refused = (code: string, message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code } })
