/** How items travel: those with one key stay in file order, rounds are acknowledged in file order. */
export interface LanesOptions<Item, Round, Result> {
  /** So many calls are under way at once. */
  readonly count: number
  /** Items of one call, at most. */
  readonly batch: number
  /** Rounds that are posted and not acknowledged, at most. */
  readonly roundsMax: number
  readonly keyOf: (item: Item) => string
  readonly work: (items: readonly Item[]) => Promise<Result>
  /** All items of this round and of all rounds before it are done. */
  readonly acknowledge: (round: Round, results: readonly Result[]) => Promise<void>
}

export interface Lanes<Item, Round> {
  /** Returns when there is room for the round; throws once any call has failed. */
  post(round: Round, items: readonly Item[]): Promise<void>
  /** Returns when no call is under way any more; throws if any failed. */
  settle(): Promise<void>
}

/**
 * Items with the same key go through the same lane, and a lane has one call under way: they are done in the order
 * given. After a failure its lane stops, so nothing overtakes what failed.
 */
export function openLanes<Item, Round, Result>(
  options: LanesOptions<Item, Round, Result>,
): Lanes<Item, Round> {
  const { count, batch, roundsMax, keyOf, work, acknowledge } = options
  const tails = Array.from({ length: count }, () => Promise.resolve())
  const unacknowledged: Promise<void>[] = []
  let acknowledged = Promise.resolve()

  const enqueue = (lane: number, items: readonly Item[]): Promise<Result> => {
    const result = tails[lane]!.then(() => work(items))
    tails[lane] = result.then(() => {})
    tails[lane].catch(ignore)
    return result
  }

  return {
    async post(round, items) {
      while (unacknowledged.length >= roundsMax) await unacknowledged.shift()
      const perLane = Array.from({ length: count }, (): Item[] => [])
      for (const item of items) perLane[laneOf(keyOf(item), count)]!.push(item)
      const calls = perLane.flatMap((part, lane) => chunks(part, batch).map((chunk) => enqueue(lane, chunk)))
      const before = acknowledged
      acknowledged = Promise.all(calls).then(async (results) => {
        await before
        await acknowledge(round, results)
      })
      acknowledged.catch(ignore)
      unacknowledged.push(acknowledged)
    },
    async settle() {
      await Promise.allSettled([...tails, acknowledged])
      await acknowledged
    },
  }
}

// Whoever posts or settles gets the failure; the chains behind it must not count as unhandled.
const ignore = (): void => {}

/** FNV-1a: even, and the same in every run. */
export function laneOf(key: string, count: number): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % count
}

const chunks = <Item>(items: readonly Item[], size: number): (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
