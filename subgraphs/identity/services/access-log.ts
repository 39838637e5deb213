import type { Db } from '../../../kernel/db/open-database.ts'
import type { Logger } from '../../../kernel/log.ts'
import { type AccessRecord, appendAccessRecords } from '../store/access-records.ts'

/** Who saw which personal data in clear. */
export interface AccessLog {
  /** Remembers a reading; it is in the database a moment later. Waits only where too much is waiting already. */
  note(record: AccessRecord): Promise<void>
  /** Returns when all that was noted is in the database. */
  flush(): Promise<void>
}

/** Short enough that a crash forgets next to nothing, long enough that a page of members is one statement. */
const FLUSH_MS = 50
const BATCH_MAX = 500
/** When the database does not take records, nobody reads more than this without one. */
const WAITING_MAX = 5_000

/** Collects readings and writes them in batches, so that to be recorded costs a reader nothing. */
export function accessLog(db: Db, log: Logger): AccessLog {
  let waiting: AccessRecord[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH_MAX)
      await appendAccessRecords(db, batch)
      waiting = waiting.slice(batch.length)
    }
  }
  const flush = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    writing ??= write().finally(() => {
      writing = undefined
    })
    return writing
  }
  const flushSoon = (): void => {
    timer ??= setTimeout(() => {
      flush().catch((error: unknown) => {
        log.error({ error }, 'access records cannot be written')
        flushSoon()
      })
    }, FLUSH_MS).unref()
  }

  return {
    async note(record) {
      waiting.push(record)
      if (waiting.length > WAITING_MAX) await flush()
      else flushSoon()
    },
    async flush() {
      while (waiting.length > 0) await flush()
    },
  }
}
