import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

/** A server with this still answers while it closes, each answer being the last on its connection. */
export const ANSWERS_WHILE_CLOSING = { return503OnClosing: false } as const

/**
 * When the server is closed it first says that it is not ready, and goes on for a while: those who send it requests
 * need a moment to notice. Then it listens no more and finishes what is under way. Answers whether that has begun.
 */
export function drainBeforeClose(server: FastifyInstance, seconds: number): () => boolean {
  let draining = false
  server.addHook('preClose', async () => {
    draining = true
    await delay(seconds * 1_000)
  })
  return () => draining
}
