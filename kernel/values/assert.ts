/** A promise of our own code was broken: never shown to a caller, always logged. */
export class InvariantError extends Error {
  override name = 'InvariantError'
}

export function assert(condition: unknown, promise: string): asserts condition {
  if (!condition) throw new InvariantError(promise)
}

/** Ends a `switch` over a tagged union: the compiler complains when a state is not handled. */
export function unreachable(state: never): never {
  throw new InvariantError(`unexpected state ${JSON.stringify(state)}`)
}
