import { PassThrough, type Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { hasScopes, type Principal } from '../../kernel/auth/principal.ts'

/** Of what anybody may send. A document of 1,000 tokens with its variables has some kilobytes. */
export const BODY_BYTES_MAX = 100_000
/** Of whoever may import: 1,000 purchases of some lines each, or a program document. */
export const BULK_BYTES_MAX = 4 * 1024 * 1024

export const bodyBytesMax = (principal: Principal): number =>
  hasScopes(principal, [['purchases:write'], ['members:import'], ['programs:publish']])
    ? BULK_BYTES_MAX
    : BODY_BYTES_MAX

class BodyTooLargeError extends Error {
  override name = 'BodyTooLargeError'
  readonly statusCode = 413
}

/** A body that ends with an error as soon as it is larger than its sender may send. */
export function boundedBody(request: FastifyRequest, body: Readable, bytesMax: number): Readable {
  const { 'content-length': length } = request.headers
  if (length !== undefined) {
    if (Number(length) > bytesMax) throw new BodyTooLargeError()
    return body // Node reads no more than was announced.
  }
  let bytes = 0
  const bounded = new PassThrough() as PassThrough & { receivedEncodedLength: number }
  bounded.receivedEncodedLength = 0
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    bounded.receivedEncodedLength = bytes
    if (bytes > bytesMax) bounded.destroy(new BodyTooLargeError())
  })
  body.on('error', (error) => bounded.destroy(error))
  return body.pipe(bounded)
}

/** Of lists and objects within each other in a body; inputs of the graph have some ten. */
export const BODY_LEVELS_MAX = 64

/**
 * Does a value go deeper than so many levels? What walks it by recursion would run out of stack. By `for in`, V8 compiled
 * this anew three times a second, each time for the form of the objects that had come last.
 */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  for (const one of Object.values(value)) {
    if (isDeeperThan(one, levels - 1)) return true
  }
  return false
}
