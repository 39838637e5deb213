import { checkIdempotencyKey } from '../../../kernel/commands/once.ts'
import type { LedgerContext } from '../context.ts'
import { type Order, type PostResult, postBatch } from './post-batch.ts'

/**
 * Posts what one request asks for. A single command shares a lane with those of other requests and throws what made it
 * fail; many are a batch of their own, in which one that failed alone is an `Error` in its place.
 */
export async function post(
  ctx: LedgerContext,
  commands: readonly Omit<Order, 'now'>[],
): Promise<(PostResult | Error)[]> {
  const { db, log, now, services } = ctx
  for (const { command } of commands) {
    if (command.idempotencyKey !== undefined) checkIdempotencyKey(command.idempotencyKey)
  }
  const orders = commands.map((command) => ({ ...command, now }))
  if (orders.length === 1) return [await services.lanes.post(orders[0]!)]
  return postBatch({ db, log, programs: services.programs, origins: services.origins }, orders)
}

/** A single command's failure was thrown already. */
export function outcome<T>(result: T | Error): T {
  if (result instanceof Error) throw result
  return result
}
