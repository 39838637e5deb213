import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

/**
 * Holds a folder for this process; throws when another holder is alive.
 *
 * Node has no call for file locks, but the SQLite inside it takes one for `begin exclusive`. The operating
 * system drops it the moment the process dies, however it dies. A file that records a process id cannot do
 * that: ids are used again, are different ones in each container, and taking over a stale file is a race.
 * So the id in `postgres.owner` is only told to people.
 */
export function lockFolder(folder: string): Disposable {
  const lockFile = join(folder, 'postgres.lock')
  const ownerFile = join(folder, 'postgres.owner')
  // SQLite would silently take a shared lock where it may not write.
  accessSync(existsSync(lockFile) ? lockFile : folder, constants.W_OK)

  const lock = new DatabaseSync(lockFile, { timeout: 0 })
  try {
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw error
    throw new EmbeddedPostgresError(`data directory ${folder} is in use by ${nameOfOwner(ownerFile)}`)
  }
  writeFileSync(ownerFile, `${process.pid}\n`)
  return { [Symbol.dispose]: () => lock.close() }
}

const SQLITE_BUSY = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}

function nameOfOwner(ownerFile: string): string {
  const pid = existsSync(ownerFile) ? readFileSync(ownerFile, 'utf8').trim() : ''
  return pid ? `process ${pid}` : 'another process'
}
