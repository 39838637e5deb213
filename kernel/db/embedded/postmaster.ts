import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { runProgram } from './run-program.ts'
import { waitUntil } from './wait-until.ts'

/** What a server writes about itself into the `postmaster.pid` of its cluster. */
export interface Postmaster {
  pid: number
  isReady: boolean
}

export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const file = await readFile(pidFileOf(cluster), 'utf8').catch(() => '')
  const lines = file.split('\n')
  const pid = Number(lines[0])
  return pid > 0 ? { pid, isReady: lines[7]?.trim() === 'ready' } : undefined
}

/**
 * A server that outlived its Huitong is stopped. The caller holds the lock of the folder, so nobody alive
 * is using it.
 */
export async function stopOrphan(cluster: string, onLog: (line: string) => void): Promise<void> {
  const orphan = await readPostmaster(cluster)
  if (!orphan) return
  if (await serves(orphan.pid, cluster)) {
    onLog(`stopping PostgreSQL process ${orphan.pid}, which the last run left behind`)
    await shutDown(orphan.pid, async () => !(await serves(orphan.pid, cluster)))
  }
  // If the process id has been given to another program meanwhile, PostgreSQL would take that for a server.
  await rm(pidFileOf(cluster), { force: true })
}

/** Fast shutdown; if that does not come to an end, immediate shutdown, after which the next start recovers. */
export async function shutDown(pid: number, isGone: () => boolean | Promise<boolean>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    signalProcess(pid, signal)
    if (await waitUntil(isGone, { withinMs: 60_000 })) return
  }
  throw new EmbeddedPostgresError(`PostgreSQL process ${pid} does not stop`)
}

export function signalProcess(pid: number, signal: 'SIGINT' | 'SIGQUIT'): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const pidFileOf = (cluster: string) => join(cluster, 'postmaster.pid')

/** Whether the process is a PostgreSQL server of this very cluster, whose folder is then its working directory. */
async function serves(pid: number, cluster: string): Promise<boolean> {
  if (process.platform !== 'linux') return isOnCommandLine(pid, cluster)
  try {
    const program = await readFile(`/proc/${pid}/comm`, 'utf8')
    const [workingDirectory, ours] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(cluster)])
    return (
      program.trim() === 'postgres' && workingDirectory.dev === ours.dev && workingDirectory.ino === ours.ino
    )
  } catch {
    return false // gone, or a zombie, or of another user, which a server of our cluster cannot be
  }
}

async function isOnCommandLine(pid: number, cluster: string): Promise<boolean> {
  const ps = await runProgram('/bin/ps', ['-o', 'command=', '-p', String(pid)], { account: undefined })
  return ps.ok && ps.stdout.includes(`postgres -D ${cluster} `)
}
