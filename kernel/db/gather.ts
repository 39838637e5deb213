interface Waiter<Key, Value> {
  readonly key: Key
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
}

export interface GatherOptions {
  /** How many statements may be under way at once; what comes meanwhile is the next one's. */
  readonly underWay: number
  readonly most: number
}

/**
 * Asks together what many requests ask at the same time. Alone, a question goes out at the end of the turn in which it
 * came; where enough are under way, what comes meanwhile waits for the next, so that the more there is to do, the
 * less each costs. Nothing is remembered: an answer is never older than its question.
 */
export function gather<Key, Value>(
  ask: (keys: readonly Key[]) => Promise<readonly Value[]>,
  { underWay, most }: GatherOptions = { underWay: 2, most: 500 },
): (key: Key) => Promise<Value> {
  let waiting: Waiter<Key, Value>[] = []
  let asking = 0
  let planned = false

  const plan = (): void => {
    if (planned || asking >= underWay || waiting.length === 0) return
    planned = true
    process.nextTick(() => {
      planned = false
      void askNext()
    })
  }

  const askNext = async (): Promise<void> => {
    const together = waiting.slice(0, most)
    waiting = waiting.slice(most)
    asking += 1
    plan()
    try {
      const values = await ask(together.map(({ key }) => key))
      for (const [index, { resolve }] of together.entries()) resolve(values[index]!)
    } catch (error) {
      for (const { reject } of together) reject(error)
    }
    asking -= 1
    plan()
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject })
      plan()
    })
}
