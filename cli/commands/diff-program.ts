import { parse } from 'yaml'
import { CommandError } from '../command-error.ts'
import { openDeployment } from '../open-deployment.ts'
import { differenceLine, programDifferences } from '../program-difference.ts'
import { readDocument } from '../read-document.ts'

const PUBLISHED = `query Published($id: ID!) { program(id: $id) { version document } }`

interface Published {
  readonly program: { readonly version: number; readonly document: string } | null
}

/** Names every place in which a document differs from the published one. Whether it is valid, `dry-run` says. */
export async function diffProgram(file: string): Promise<number> {
  const fresh = read(file, await readDocument(file))
  const deployment = await openDeployment(['ledger'])
  try {
    const { program } = await deployment.request<Published>('ledger', PUBLISHED, { id: fresh.program })
    if (!program) throw new CommandError(`there is no programme ${fresh.program} to compare with`)
    const differences = programDifferences(parse(program.document), fresh)
    for (const difference of differences) console.log(differenceLine(difference))
    if (differences.length === 0) console.log(`${file}: says what version ${program.version} says`)
    return differences.length === 0 ? 0 : 1
  } finally {
    await deployment.close()
  }
}

function read(file: string, source: string): Record<string, unknown> & { program: string } {
  let document: unknown
  try {
    document = parse(source)
  } catch (error) {
    throw new CommandError(`${file}: ${(error as Error).message}`)
  }
  if (typeof (document as { program?: unknown } | null)?.program !== 'string')
    throw new CommandError(`${file}: names no program`)
  return document as Record<string, unknown> & { program: string }
}
