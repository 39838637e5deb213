import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Account, accountForNewCluster, accountOfOwner } from './account.ts'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { canEnter } from './run-program.ts'

/** The folder with the cluster (in `postgres`) and what belongs to it, and the user the server runs as. */
export interface Home {
  folder: string
  cluster: string
  hasCluster: boolean
  account: Account | undefined
}

/**
 * The data directory itself, or, when that is closed to the server's user (a checkout in /root), a folder
 * of its own in `systemDir`. The file `postgres.location` in the data directory then names it.
 */
export async function chooseHome({
  dataDir,
  systemDir,
  onLog,
}: {
  dataDir: string
  systemDir: string
  onLog: (line: string) => void
}): Promise<Home> {
  const locationFile = join(dataDir, 'postgres.location')
  const recorded = (await readIfThere(locationFile))?.trim()
  if (recorded && !(await statIfThere(recorded)))
    throw new EmbeddedPostgresError(`${locationFile} says the data is in ${recorded}, which does not exist`)

  const home = await existingHome(recorded ?? dataDir)
  if (home) return home

  const account = await accountForNewCluster()
  if (recorded || (await canEnter(account, dataDir))) return newHome(recorded ?? dataDir, account)

  const folder = await createFolderFor(dataDir, systemDir)
  await writeFile(locationFile, `${folder}\n`)
  onLog(`user ${account?.name} cannot enter ${dataDir}; the database is kept in ${folder}`)
  return newHome(folder, account)
}

const clusterIn = (folder: string) => join(folder, 'postgres')

function newHome(folder: string, account: Account | undefined): Home {
  return { folder, cluster: clusterIn(folder), hasCluster: false, account }
}

async function existingHome(folder: string): Promise<Home | undefined> {
  const cluster = clusterIn(folder)
  const found = await statIfThere(cluster)
  if (!found) return undefined
  const account = await accountOfOwner(cluster, { uid: found.uid, gid: found.gid })
  // An empty database elsewhere would look like lost data.
  if (!(await canEnter(account, folder)))
    throw new EmbeddedPostgresError(
      `not permitted: ${cluster} belongs to user ${account?.name}, who cannot enter ${folder}`,
    )
  return { folder, cluster, hasCluster: true, account }
}

/** Always a new folder: who deleted the data directory at this path meant to begin anew. */
async function createFolderFor(dataDir: string, systemDir: string): Promise<string> {
  await makeOpenFolder(systemDir)
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 12)
  for (let n = 1; ; n++) {
    const folder = join(systemDir, n === 1 ? hash : `${hash}-${n}`)
    try {
      await mkdir(folder)
      await chmod(folder, 0o755)
      return folder
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** A folder others may enter, whatever the umask; one that exists is left as its owner wants it. */
export async function makeOpenFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true })
  if (made) await chmod(folder, 0o755)
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(undefinedIfMissing)
}

async function statIfThere(path: string) {
  return stat(path).catch(undefinedIfMissing)
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
