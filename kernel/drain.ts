import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

const SWEEP_MS = 50

/** A server with this still answers while it closes, each answer being the last on its connection. */
export const ANSWERS_WHILE_CLOSING = { return503OnClosing: false } as const

/**
 * When the server is closed it first says that it is not ready, and goes on for a while: those who send it requests
 * need a moment to notice. Then it listens no more and finishes what is under way. `closeIdle` closes connections that Node's
 * own server does not know. Answers whether that has begun.
 */
export function drainBeforeClose(
  server: FastifyInstance,
  seconds: number,
  closeIdle: () => void,
): () => boolean {
  let draining = false
  const sockets = new Set<Socket>()
  server.server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  // Connections would be kept for the next request, or for a first one: browsers open some to have them at hand.
  const sweep = (): void => {
    server.server.closeIdleConnections()
    closeIdle()
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  }
  server.addHook('preClose', async () => {
    draining = true
    await delay(seconds * 1_000)
    const timer = setInterval(sweep, SWEEP_MS).unref()
    server.server.once('close', () => clearInterval(timer))
  })
  return () => draining
}
