import { InvalidArgumentError } from 'commander'

/** Purchases of one call. */
export const BATCH = 500
const BATCH_MAX = 1_000

export function batchSize(text: string): number {
  const size = Number(text)
  if (Number.isInteger(size) && size >= 1 && size <= BATCH_MAX) return size
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${BATCH_MAX}.`)
}
