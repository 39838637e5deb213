import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Answer } from './open-subscriptions.ts'

/** Between lines that say nothing but keep the connection open for whoever stands in between. */
const HEARTBEAT_MS = 12_000

export const wantsEventStream = ({ accept }: IncomingHttpHeaders): boolean =>
  accept?.includes('text/event-stream') ?? false

/**
 * Sends answers as they come, by the protocol of graphql-sse in its mode of distinct connections:
 * https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
 */
export async function sendEventStream(
  reply: FastifyReply,
  answers: AsyncGenerator<Answer, void>,
  idOf: () => string,
): Promise<void> {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'private, no-store',
    'x-accel-buffering': 'no',
    // A stream that has ended leaves no idle connection that a server which stops would wait for.
    connection: 'close',
  })
  raw.write(':\n\n')
  const heartbeat = setInterval(() => raw.write(':\n\n'), HEARTBEAT_MS).unref()
  try {
    for await (const answer of answers) {
      if (raw.destroyed) break
      const flushed = raw.write(`event: next\nid: ${idOf()}\ndata: ${JSON.stringify(answer)}\n\n`)
      // A client that does not read is not asked for on.
      if (!flushed) await Promise.race([once(raw, 'drain'), once(raw, 'close')])
    }
  } finally {
    clearInterval(heartbeat)
    if (!raw.destroyed) raw.end('event: complete\ndata:\n\n')
  }
}

/** Aborted when the client has gone. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return gone.signal
}
