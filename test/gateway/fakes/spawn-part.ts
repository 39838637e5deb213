import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

export interface Part extends AsyncDisposable {
  readonly process: ChildProcess
  /** Everything that it has written so far. */
  output(): string
  /** Returns when it has written such a line; throws with all that it has said when it ends before. */
  wrote(pattern: RegExp): Promise<RegExpExecArray>
  /** Waits for its end; answers the exit code. */
  ended(): Promise<number | null>
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** One process of Huitong, started as an operator would. */
export function spawnPart(file: string, env: Record<string, string>): Part {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env
  const child = spawn(process.execPath, [file], {
    env: { PATH, HOME, NODE_COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let closed = false
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      tell()
    })
  }
  child.on('close', () => {
    closed = true
    tell()
  })

  const part: Part = {
    process: child,
    output: () => output,
    wrote: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output)
          if (match) resolve(match)
          else if (closed) reject(new Error(`${file} ended without writing ${pattern}:\n${output}`))
          else return
          listeners.delete(look)
        }
        listeners.add(look)
        look()
      }),
    async ended() {
      if (!closed) await once(child, 'close')
      return child.exitCode
    },
    async stop(signal = 'SIGTERM') {
      if (!closed) child.kill(signal)
      return part.ended()
    },
    async [Symbol.asyncDispose]() {
      await part.stop('SIGKILL')
    },
  }
  return part
}

/** Ports that nobody listens on right now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  const ports: number[] = []
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening')
    ports.push((server.address() as { port: number }).port)
  }
  for (const server of servers) server.close()
  return ports
}
