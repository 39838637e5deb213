import { readFile } from 'node:fs/promises'
import { EmbeddedPostgresError, useYourOwn } from './embedded-postgres-error.ts'

/** The operating system user the server runs as. */
export interface Account {
  name: string
  uid: number
  gid: number
}

export const weAreRoot = () => process.getuid?.() === 0

/** PostgreSQL refuses to run as root: root lends it another user. Anyone else runs it as himself (undefined). */
export async function accountForNewCluster(): Promise<Account | undefined> {
  if (!weAreRoot()) return undefined
  const accounts = await readAccounts()
  for (const name of ['postgres', 'nobody']) {
    const account = accounts.find((candidate) => candidate.name === name)
    if (account) return account
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL refuses to run as root, and there is no user "postgres" or "nobody" to run it as; ${useYourOwn}`,
  )
}

/** An existing cluster can only be served by the user its files belong to. */
export async function accountOfOwner(
  cluster: string,
  owner: { uid: number; gid: number },
): Promise<Account | undefined> {
  if (owner.uid === process.getuid?.() && !weAreRoot()) return undefined
  const accounts = await readAccounts()
  const name = accounts.find(({ uid }) => uid === owner.uid)?.name ?? String(owner.uid)
  if (!weAreRoot())
    throw new EmbeddedPostgresError(
      `not permitted: ${cluster} belongs to user ${name}; run Huitong as that user`,
    )
  if (owner.uid === 0)
    throw new EmbeddedPostgresError(
      `${cluster} belongs to root, as whom PostgreSQL refuses to run; give it to another user with chown -R`,
    )
  return { name, ...owner }
}

async function readAccounts(): Promise<Account[]> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n')
  return lines.map((line) => {
    const [name = '', , uid, gid] = line.split(':')
    return { name, uid: Number(uid), gid: Number(gid) }
  })
}
