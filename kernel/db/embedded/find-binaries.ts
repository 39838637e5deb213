import { createHash } from 'node:crypto'
import { chmod, cp, lstat, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { weAreRoot } from './account.ts'
import { type Home, makeOpenFolder } from './choose-home.ts'
import { EmbeddedPostgresError, useYourOwn } from './embedded-postgres-error.ts'
import { type ProgramResult, runProgram } from './run-program.ts'

/** PostgreSQL's programs in a place where the server's user can run them. */
export interface Binaries {
  postgres: string
  initdb: string
  majorVersion: string
}

/**
 * The binaries as npm installed them if they run as they are, else a copy of them: in `systemDir` for root,
 * in the home for anyone else.
 *
 * Two things keep them from running: the checkout is closed to the server's user, or npm ran with
 * --ignore-scripts, so that the package could not make its symbolic links to the libraries.
 */
export async function findBinaries({
  home,
  systemDir,
  binariesDir = packagedBinariesDir(process.platform, process.arch),
}: {
  home: Home
  systemDir: string
  binariesDir?: string
}): Promise<Binaries> {
  const inPlace = await tryBinaries(binariesDir, home)
  if (inPlace.ok) return binariesIn(binariesDir, inPlace)

  const copy = await copyOnce(binariesDir, weAreRoot() ? systemDir : home.folder)
  const copied = await tryBinaries(copy, home)
  if (copied.ok) return binariesIn(copy, copied)
  throw new EmbeddedPostgresError(`PostgreSQL does not run here (${copied.complaint}); ${useYourOwn}`)
}

/**
 * The folder with bin, lib and share of the npm package for this platform. There is one for Windows too, but
 * what we do with owners and signals Windows cannot do.
 */
export function packagedBinariesDir(platform: string, arch: string): string {
  try {
    if (platform === 'win32') throw new Error('not supported')
    // The platform packages are dependencies of embedded-postgres, not ours.
    const ours = createRequire(import.meta.url)
    const theirs = createRequire(ours.resolve('embedded-postgres'))
    return join(dirname(theirs.resolve(`@embedded-postgres/${platform}-${arch}`)), '..', 'native')
  } catch {
    throw new EmbeddedPostgresError(`no PostgreSQL binaries for ${platform}-${arch}; ${useYourOwn}`)
  }
}

const postgresIn = (folder: string) => join(folder, 'bin', 'postgres')

function tryBinaries(folder: string, { account }: Home): Promise<ProgramResult> {
  return runProgram(postgresIn(folder), ['--version'], { account })
}

/** `--version` answers "postgres (PostgreSQL) 18.4". */
function binariesIn(folder: string, { stdout }: ProgramResult): Binaries {
  const majorVersion = /\) (\d+)/.exec(stdout)?.[1]
  if (!majorVersion) throw new EmbeddedPostgresError(`unknown version of PostgreSQL: ${stdout.trim()}`)
  return { postgres: postgresIn(folder), initdb: join(folder, 'bin', 'initdb'), majorVersion }
}

/** The copy bears the hash of its server program, so an update of the package gets its own. */
async function copyOnce(source: string, parent: string): Promise<string> {
  await makeOpenFolder(parent)
  const program = await readFile(postgresIn(source))
  const hash = createHash('sha256').update(program).digest('hex').slice(0, 12)
  const target = join(parent, `postgres-binaries-${hash}`)

  if (!(await isThere(target))) {
    const unfinished = await mkdtemp(`${target}.new-`)
    await cp(source, unfinished, { recursive: true, verbatimSymlinks: true })
    await makeSymlinks(unfinished)
    await openToAll(unfinished)
    try {
      await rename(unfinished, target)
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true })
      if (!(await isThere(target))) throw error // else another process was faster
    }
  }
  await assertOurs(target)
  return target
}

/** What the package's postinstall script does, from the same list. */
async function makeSymlinks(copy: string): Promise<void> {
  const list = await readFile(join(copy, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = join(copy, '..', target.replace(/^native/, basename(copy)))
    if (!(await isThere(link))) await symlink(basename(source), link)
  }
}

/** Files may have come with a umask that closes them to others, or without the right to be executed. */
async function openToAll(copy: string): Promise<void> {
  await chmod(copy, 0o755)
  for (const entry of await readdir(copy, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const executable = entry.isDirectory() || entry.parentPath === join(copy, 'bin')
    await chmod(join(entry.parentPath, entry.name), executable ? 0o755 : 0o644)
  }
}

/** Programs that someone else could have put there are not run. */
async function assertOurs(copy: string): Promise<void> {
  for (const path of [copy, join(copy, 'bin'), postgresIn(copy)]) {
    const { uid, mode } = await stat(path)
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
      throw new EmbeddedPostgresError(
        `not permitted: ${path} could have been changed by others; delete ${copy}`,
      )
  }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
