import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bug } from './bugs.ts'

export const root = join(import.meta.dirname, '../../..')

/** What the model test needs of the project. */
const NEEDED = [
  'kernel',
  'subgraphs',
  'schema',
  'programs',
  'test',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
]

/** How often the text of a bug stands in its file; once, or the bug cannot be planted. */
export async function places({ file, find }: Bug): Promise<number> {
  return (await readFile(join(root, file), 'utf8')).split(find).length - 1
}

export interface Trial {
  /** A history came out otherwise than the model says. */
  readonly caught: boolean
  /** All of them came out as it says; neither: the test did not get so far. */
  readonly passed: boolean
  readonly seconds: number
  /** The end of what the test said. */
  readonly said: string
}

/** Copies of the project, a bug in each, or none. */
export async function openNursery() {
  const folder = await mkdtemp(join(tmpdir(), 'huitong-mutation-'))
  for (const name of NEEDED) await cp(join(root, name), join(folder, name), { recursive: true })
  await symlink(await realpath(join(root, 'node_modules')), join(folder, 'node_modules'))
  return {
    /** Runs the model test with a bug in the source (with none: it must pass), which is then taken out again. */
    async trial(bug: Bug | undefined, histories: number): Promise<Trial> {
      const began = performance.now()
      const path = bug && join(folder, bug.file)
      const source = path && (await readFile(path, 'utf8'))
      if (path && source)
        await writeFile(
          path,
          source.replace(bug.find, () => bug.replace),
        )
      try {
        const { code, said } = await runModelTest(folder, histories)
        const seconds = (performance.now() - began) / 1000
        const caught = code !== 0 && said.includes('Property failed after')
        return { caught, passed: code === 0, seconds, said: said.slice(-3_000) }
      } finally {
        if (path && source) await writeFile(path, source)
      }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

const MODELS = [
  'test/ledger/domain/model.test.ts',
  'test/ledger/domain/model-counting.test.ts',
  'test/ledger/model.test.ts',
]

function runModelTest(folder: string, histories: number): Promise<{ code: number | null; said: string }> {
  const child = spawn(
    process.execPath,
    // At the desk first: it lives faster, and knows no database.
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      ...['run', ...(process.env.MUTATION_MODELS?.split(' ') ?? MODELS), '--no-color', '--bail=1'],
    ],
    {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HISTORIES: String(histories),
        DESK_HISTORIES: String(histories),
        HISTORY_SHRINKS: 'no',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })))
}
