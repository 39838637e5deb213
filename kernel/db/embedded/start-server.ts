import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Home } from './choose-home.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import type { Binaries } from './find-binaries.ts'
import { readPostmaster, shutDown, signalProcess } from './postmaster.ts'
import { spawnOptionsFor, tellingLine } from './run-program.ts'

/** A server that accepts connections on a port of the loopback interface. */
export interface Server {
  pid: number
  port: number
  exited: Promise<void>
  /** Idempotent. */
  stop(): Promise<void>
}

interface Launch {
  home: Home
  binaries: Binaries
  settings: Record<string, string>
  onLog: (line: string) => void
}

const patienceMs = 60_000

/** Starts a server, again and with another port for as long as only chance is against it. */
export async function startServer(launch: Launch): Promise<Server> {
  const end = performance.now() + patienceMs
  for (;;) {
    const server = await launchServer(launch, await freePort())
    const outcome = await becomesReady(server, launch.home.cluster)
    if (outcome === 'ready') return server
    if (outcome === 'silent') {
      await server.stop()
      throw new EmbeddedPostgresError(
        `PostgreSQL did not become ready and said nothing for ${patienceMs / 1000} s`,
      )
    }
    if (!isPassing(server.lines) || performance.now() > end)
      throw new EmbeddedPostgresError(
        `PostgreSQL did not start: ${tellingLine(server.lines) ?? 'it said nothing'}`,
      )
    await sleep(500)
  }
}

/** A port lost to another program since we found it free; sessions of a killed server that still end. */
function isPassing(lines: string[]): boolean {
  return lines.some((line) => /could not bind|pre-existing shared memory block/.test(line))
}

interface LaunchedServer extends Server {
  lines: string[]
  hasExited(): boolean
  lastSignOfLife(): number
}

async function launchServer(
  { home, binaries, settings, onLog }: Launch,
  port: number,
): Promise<LaunchedServer> {
  const flags = Object.entries({
    ...settings,
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(binaries.postgres, ['-D', home.cluster, ...flags], {
    ...spawnOptionsFor(home.account),
    stdio: ['ignore', 'ignore', 'pipe'],
    // A session of its own: Ctrl-C in the terminal is for Huitong, which still needs the database to finish.
    detached: true,
  })
  await once(child, 'spawn')
  const pid = child.pid as number

  // Only what it says until it is ready is needed, and that is little.
  const lines: string[] = []
  let lastSignOfLife = performance.now()
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastSignOfLife = performance.now()
    if (lines.length < 100) lines.push(line)
    onLog(line)
  })

  // An exit without `stop`, as after an uncaught error, should not leave the server behind.
  const stopAtExit = () => signalProcess(pid, 'SIGINT')
  process.once('exit', stopAtExit)
  let hasExited = false
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => {
      process.off('exit', stopAtExit)
      hasExited = true
      resolve()
    })
  })

  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= hasExited ? exited : shutDown(pid, () => hasExited)
    return stopping
  }
  return { pid, port, exited, stop, lines, hasExited: () => hasExited, lastSignOfLife: () => lastSignOfLife }
}

/**
 * Recovery after a crash may take long, but it reports every ten seconds, so patience is measured from the
 * last line of log. Readiness is read where pg_ctl reads it: at the port another program could answer.
 */
async function becomesReady(server: LaunchedServer, cluster: string): Promise<'ready' | 'exited' | 'silent'> {
  for (;;) {
    if (server.hasExited()) return 'exited'
    const postmaster = await readPostmaster(cluster)
    if (postmaster?.pid === server.pid && postmaster.isReady) return 'ready'
    if (performance.now() - server.lastSignOfLife() > patienceMs) return 'silent'
    await sleep(10)
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return address.port
}
