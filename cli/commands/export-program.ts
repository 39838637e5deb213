import { writeFile } from 'node:fs/promises'
import { CommandError } from '../command-error.ts'
import { openDeployment } from '../open-deployment.ts'

const EXPORT = `query Export($id: ID!, $version: Int) { program(id: $id) { version document(version: $version) } }`

interface Exported {
  readonly program: { readonly version: number; readonly document: string | null } | null
}

/** Writes a published document to a file or to standard output. */
export async function exportProgram(
  id: string,
  { version, out }: { version?: string; out?: string },
): Promise<number> {
  if (version !== undefined && !/^[1-9]\d{0,8}$/.test(version))
    throw new CommandError(`not a version: ${version}`)
  const deployment = await openDeployment(['ledger'])
  try {
    const { program } = await deployment.request<Exported>('ledger', EXPORT, {
      id,
      version: version === undefined ? null : Number(version),
    })
    if (!program) throw new CommandError(`there is no programme ${id}`)
    if (program.document === null) throw new CommandError(`${id} has no version ${version}`)
    if (out === undefined) process.stdout.write(program.document)
    else {
      await writeFile(out, program.document)
      console.log(`${id}: version ${version ?? program.version} written to ${out}`)
    }
    return 0
  } finally {
    await deployment.close()
  }
}
