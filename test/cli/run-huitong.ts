import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { format } from 'node:util'
import { vi } from 'vitest'
import { runCommandLine } from '../../cli/command-line.ts'
import type { Checkpoint } from '../../cli/import/checkpoint.ts'
import { explain } from '../../kernel/process.ts'

const { PATH, NODE_COMPILE_CACHE } = process.env
export const root = join(import.meta.dirname, '../..')

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

/**
 * The `huitong` command with a data directory of its own: `run` carries out a command line in this process, which has
 * loaded what it needs; `spawn` and `start` as a process of its own.
 */
export async function huitongWith(env: { DATABASE_URL?: string }) {
  const dataDir = await mkdtemp(join(tmpdir(), 'huitong-cli-'))

  const start = (...args: string[]) => {
    const child = spawn(process.execPath, ['cli/huitong.ts', ...args], {
      cwd: root,
      env: { PATH, NODE_COMPILE_CACHE, NODE_ENV: 'test', HUITONG_DATA_DIR: dataDir, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (data) => (out += data))
    child.stderr.on('data', (data) => (err += data))
    const ended = new Promise<Ended>((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal, out, err }))
    })
    return { child, ended }
  }

  return {
    dataDir,
    start,
    run: (...args: string[]): Promise<Ended> =>
      runHere(args, { PATH, NODE_ENV: 'test', HUITONG_DATA_DIR: dataDir, ...env }),
    spawn: (...args: string[]): Promise<Ended> => start(...args).ended,
    /** Returns when the only import of this data directory has come behind a line. */
    async reached(line: number): Promise<void> {
      while (((await checkpointIn(dataDir))?.next.line ?? 0) < line) await setTimeout(5)
    },
  }
}

/** As `cli/huitong.ts` does; one at a time. */
async function runHere(args: readonly string[], env: Record<string, string | undefined>): Promise<Ended> {
  const said = { out: '', err: '' }
  const writes = (to: 'out' | 'err') => (data: unknown) => {
    said[to] += data
    return true
  }
  const says =
    (to: 'out' | 'err') =>
    (...words: unknown[]) => {
      said[to] += `${format(...words)}\n`
    }
  const [outer, folder] = [process.env, process.cwd()]
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(writes('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(writes('err')),
    vi.spyOn(console, 'log').mockImplementation(says('out')),
    vi.spyOn(console, 'error').mockImplementation(says('err')),
  ]
  process.env = { ...env }
  process.chdir(root)
  try {
    const code = await runCommandLine(args)
    return { code, signal: null, ...said }
  } catch (error) {
    return { code: 1, signal: null, out: said.out, err: `${said.err}huitong: ${explain(error)}\n` }
  } finally {
    process.chdir(folder)
    process.env = outer
    for (const spy of spies) spy.mockRestore()
  }
}

async function checkpointIn(dataDir: string): Promise<Checkpoint | undefined> {
  const folder = join(dataDir, 'imports')
  const names = await readdir(folder).catch(() => [])
  const name = names.find((candidate) => candidate.endsWith('.json'))
  return name ? JSON.parse(await readFile(join(folder, name), 'utf8')) : undefined
}
