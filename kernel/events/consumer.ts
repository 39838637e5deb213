import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { Db } from '../db/open-database.ts'
import { isRetryable, type Tx } from '../db/transaction.ts'
import type { Logger } from '../log.ts'
import { type Cursor, type RecordedEvent, START } from './event.ts'
import type { EventFeed } from './feed.ts'
import { parkEvent, retryParked } from './parked.ts'

const BATCH_SIZE = 500
const ATTEMPTS_MAX = 5
/** An open transaction hides events behind it, and nobody tells when it ends: we look again soon, then less often. */
const HIDDEN_MS_MIN = 10
const HIDDEN_MS_MAX = 1_000
/** After a failure, such as a source or a database that is away. */
const RETRY_MS = 1_000

export type EventHandler = (tx: Tx, event: RecordedEvent) => Promise<void>

export interface ConsumerOptions {
  readonly db: Db
  /** Under which name the position is kept: whose log is read, and by which reader if there are several. */
  readonly source: string
  readonly feed: EventFeed
  readonly handlers: ReadonlyMap<string, EventHandler>
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Reads one source's log. Effects and the reader's position are committed together, so each event takes effect
 * exactly once, whatever crashes. An event whose handler keeps failing is parked with its error, and the rest go on.
 */
export class Consumer {
  readonly #options: ConsumerOptions
  /** One pass at a time in this process; other processes wait for the row lock. */
  #running: Promise<unknown> = Promise.resolve()
  readonly #stopping = new AbortController()
  /** Somebody may have published since the log was looked at last. */
  #woken = false
  #following: Promise<void> | undefined
  /** When nothing was left to read, by the clock that only goes forward. */
  #caughtUpAt = performance.now()

  constructor(options: ConsumerOptions) {
    this.#options = options
  }

  /** Takes effect of all that is readable now; answers how many events that were. */
  pass(): Promise<number> {
    const next = this.#running.then(() => this.#readAll())
    this.#running = next.catch(() => {})
    return next
  }

  /** There may be something new: reads in the background until there is nothing left, whatever comes between. */
  wake(): void {
    this.#woken = true
    this.#following ??= this.#follow()
  }

  /** Reads no more; returns when what was under way is done. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await this.#following
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  async #follow(): Promise<void> {
    const { source, log } = this.#options
    let hiddenMs = HIDDEN_MS_MIN
    while (this.#woken && !this.#stopped) {
      this.#woken = false
      try {
        if (!(await this.#hasNewer())) continue
        this.#woken = true
        if ((await this.pass()) > 0) hiddenMs = HIDDEN_MS_MIN
        else {
          await this.#pause(hiddenMs)
          hiddenMs = Math.min(hiddenMs * 2, HIDDEN_MS_MAX)
        }
      } catch (error) {
        log.error({ error, source }, 'events stuck')
        this.#woken = true
        await this.#pause(RETRY_MS)
      }
    }
    this.#following = undefined
  }

  readonly #pause = (ms: number): Promise<void> =>
    delay(ms, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => {})

  async #hasNewer(): Promise<boolean> {
    const newer = await this.#options.feed.hasNewer(await this.#cursor())
    if (!newer) this.#caughtUpAt = performance.now()
    return newer
  }

  /** For how many seconds it has been behind; one that cannot ask counts as behind. */
  async lagSeconds(): Promise<number> {
    const behind = await this.#hasNewer().catch(() => true)
    return behind ? (performance.now() - this.#caughtUpAt) / 1_000 : 0
  }

  /** Handles an event that was parked; see `retryParked`. */
  retry(position: bigint, by: string): Promise<boolean> {
    const { db, source, clock } = this.#options
    return retryParked(db, { source, position, by, at: clock.now() }, (tx, event) => this.#handle(tx, event))
  }

  /** Returns when every event that was committed before the call has taken effect. */
  async drain(): Promise<void> {
    while (!this.#stopped) {
      await this.pass()
      if (!(await this.#hasNewer())) return
      await delay(2) // Someone's transaction is still open; what it hides is readable when it ends.
    }
  }

  async #readAll(): Promise<number> {
    let total = 0
    while (!this.#stopped) {
      const count = await this.#readBatch()
      total += count
      if (count < BATCH_SIZE) break
    }
    return total
  }

  /** The log is read before anything is held here: two readers that wait for each other's connections wait for ever. */
  async #readBatch(): Promise<number> {
    const { db, source, feed, log } = this.#options
    const events = await feed.read(await this.#cursor(), BATCH_SIZE)
    if (events.length === 0) return 0
    try {
      await db.transaction(async (tx) => {
        const cursor = await lockCursor(tx, source)
        const due = events.filter((event) => isBefore(cursor, event.cursor)) // Another process may have been here.
        for (const event of due) await this.#handle(tx, event)
        if (due.length > 0) await saveCursor(tx, source, due.at(-1)!.cursor)
      })
    } catch (error) {
      log.warn({ error, source }, 'a batch of events failed; taking them one by one')
      await this.#takeOneByOne(events)
    }
    return events.length
  }

  async #takeOneByOne(events: readonly RecordedEvent[]): Promise<void> {
    const { db, source } = this.#options
    for (const event of events) {
      await db.transaction(async (tx) => {
        const cursor = await lockCursor(tx, source)
        if (!isBefore(cursor, event.cursor)) return
        await saveCursor(tx, source, event.cursor)
        await this.#handleOrPark(tx, event)
      })
    }
  }

  async #handleOrPark(tx: Tx, event: RecordedEvent): Promise<void> {
    const { source, clock, log } = this.#options
    for (let attempt = 1; ; attempt++) {
      await tx.query('savepoint attempt')
      try {
        await this.#handle(tx, event)
        return
      } catch (error) {
        if (isRetryable(error)) throw error
        await tx.query('rollback to savepoint attempt')
        if (attempt < ATTEMPTS_MAX) continue
        log.error({ error, source, type: event.type, position: event.cursor.position }, 'event parked')
        await parkEvent(tx, { source, event, error, at: clock.now() })
        return
      }
    }
  }

  async #handle(tx: Tx, event: RecordedEvent): Promise<void> {
    await this.#options.handlers.get(event.type)?.(tx, event)
  }

  async #cursor(): Promise<Cursor> {
    const [row] = await this.#options.db.query<CursorRow>(
      `/* readCursor */ select transaction::text, position from event_cursor where source = $1`,
      [this.#options.source],
    )
    return cursorOf(row)
  }
}

interface CursorRow {
  transaction: string
  position: bigint
}

const cursorOf = (row: CursorRow | undefined): Cursor =>
  row ? { transaction: row.transaction, position: row.position.toString() } : START

async function lockCursor(tx: Tx, source: string): Promise<Cursor> {
  await tx.query(
    `/* ensureCursor */
     insert into event_cursor (source, transaction, position) values ($1, '0', 0)
     on conflict on constraint event_cursor_key do nothing`,
    [source],
  )
  const [row] = await tx.query<CursorRow>(
    `/* lockCursor */ select transaction::text, position from event_cursor where source = $1 for update`,
    [source],
  )
  return cursorOf(row)
}

async function saveCursor(tx: Tx, source: string, cursor: Cursor): Promise<void> {
  await tx.query(
    `/* saveCursor */ update event_cursor set transaction = $2::xid8, position = $3::bigint where source = $1`,
    [source, cursor.transaction, cursor.position],
  )
}

const isBefore = (a: Cursor, b: Cursor): boolean => {
  const [at, bt] = [BigInt(a.transaction), BigInt(b.transaction)]
  return at < bt || (at === bt && BigInt(a.position) < BigInt(b.position))
}
