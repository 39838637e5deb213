import { type SpawnOptions, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { Account } from './account.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

/** Options for every process of PostgreSQL: as the account, and independent of who starts it and from where. */
export function spawnOptionsFor(account: Account | undefined) {
  return {
    cwd: '/', // ours may be closed to the account
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    ...(account && { uid: account.uid, gid: account.gid }),
  } satisfies SpawnOptions
}

export interface ProgramResult {
  ok: boolean
  stdout: string
  /** the line of stderr that says what is wrong */
  complaint: string
}

/** Runs a program to its end. */
export async function runProgram(
  file: string,
  args: string[],
  { account, input = '' }: { account: Account | undefined; input?: string },
): Promise<ProgramResult> {
  const child = spawn(file, args, { ...spawnOptionsFor(account), stdio: 'pipe' })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  child.stdin.on('error', () => {}) // a program that ends early does not read its input
  child.stdin.end(input)
  try {
    const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
    return { ok: code === 0, stdout, complaint: tellingLine(stderr.split('\n')) ?? `ended with code ${code}` }
  } catch (error) {
    return { ok: false, stdout: '', complaint: (error as Error).message }
  }
}

/** The last error among lines of log, as what follows it are hints and farewells; else the last line. */
export function tellingLine(lines: string[]): string | undefined {
  const errors = lines.map((line) => /\b(PANIC|FATAL|ERROR|error):.*/.exec(line)?.[0])
  return errors.findLast((error) => error !== undefined) ?? lines.findLast((line) => line.trim() !== '')
}

/** Whether the account can enter a folder, asked of the operating system rather than read from mode bits. */
export async function canEnter(account: Account | undefined, folder: string): Promise<boolean> {
  if (!account) return true
  const shell = await runProgram('/bin/sh', ['-c', 'exit 0'], { account })
  if (!shell.ok)
    throw new EmbeddedPostgresError(
      `not permitted: root cannot run programs as user "${account.name}" here (${shell.complaint})`,
    )
  return (await runProgram('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { account })).ok
}
