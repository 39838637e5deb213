import { Pool } from 'undici'
import { AppError } from '../../kernel/errors.ts'
import { type Posted, post, TooLongError } from '../../kernel/post.ts'
import { Circuit } from './circuit.ts'
import { isEntity } from './merge.ts'
import type { Source, SourceAnswer, SourceRequest } from './source.ts'

const CONNECTIONS = 128
/** Shorter than common servers keep theirs, so that a socket is not used just as the other side closes it. */
const KEEP_ALIVE_MS = 4_000
const CONNECT_MS = 1_000
const ANSWER_MS = 10_000
/** An answer is kept in memory whole, several times over. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024

export interface HttpSource extends AsyncDisposable {
  readonly fetch: Source
}

/** A subgraph anywhere, over HTTP: connections are kept, and failures are kept apart from the rest. */
export function httpSource(url: string, options: { answerMs?: number } = {}): HttpSource {
  const { origin, pathname, search } = new URL(url)
  const timeout = options.answerMs ?? ANSWER_MS
  const pool = new Pool(origin, {
    connections: CONNECTIONS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_MS },
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: true,
  })
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const circuit = new Circuit()

  const send = async (body: string): Promise<Posted> => {
    const path = `${pathname}${search}`
    try {
      return await post(pool, { path, headers, body, withinMs: timeout, bytesMax: ANSWER_BYTES_MAX })
    } catch (error) {
      const message =
        error instanceof TooLongError ? 'A subgraph answered too much.' : 'A subgraph cannot be reached.'
      throw new AppError('SUBGRAPH_UNAVAILABLE', message)
    }
  }

  const ask = async ({ query, operationName, variables }: SourceRequest): Promise<SourceAnswer> => {
    const { statusCode, text } = await send(JSON.stringify({ query, variables, operationName }))
    const answer = parsed(text)
    // A body of GraphQL speaks for itself, whatever the status: some send 4xx and 5xx with it.
    if (isEntity(answer) && ('data' in answer || Array.isArray(answer.errors))) return answer
    throw new AppError('SUBGRAPH_UNAVAILABLE', `A subgraph answered ${statusCode} without GraphQL.`)
  }

  return {
    fetch: (request) => circuit.call(() => ask(request), { repeatable: request.kind === 'query' }),
    [Symbol.asyncDispose]: () => pool.close(),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
