import { CommandError } from '../command-error.ts'
import { openDeployment } from '../open-deployment.ts'
import { faultLine, readDocument } from '../read-document.ts'

const PUBLISH = `
  mutation Publish($document: String!, $dryRun: Boolean!) {
    publishProgram(document: $document, dryRun: $dryRun) {
      program { id }
      version
      duplicate
      faults { line column path message }
      refusal { message }
    }
  }`

interface Published {
  readonly publishProgram: {
    readonly program: { readonly id: string } | null
    readonly version: number | null
    readonly duplicate: boolean
    readonly faults: readonly { line: number; column: number; path: string; message: string }[]
    readonly refusal: { readonly message: string } | null
  }
}

/** Publishes a program document, or names every fault of it as `FILE:line:column path: message`. */
export async function publishProgram(
  file: string,
  { dryRun = false }: { dryRun?: boolean },
): Promise<number> {
  const document = await readDocument(file)
  const deployment = await openDeployment(['ledger'])
  try {
    const answer = await deployment.request<Published>('ledger', PUBLISH, { document, dryRun })
    const { program, version, duplicate, faults, refusal } = answer.publishProgram
    for (const fault of faults) console.error(faultLine(file, fault))
    if (faults.length > 0) return 1
    if (refusal) throw new CommandError(`${file}: ${refusal.message}`)
    if (dryRun) console.log(`${file}: version ${version} is without fault; nothing was published`)
    else if (duplicate)
      console.log(`${program!.id}: version ${version} was published before; nothing changed`)
    else console.log(`${program!.id}: version ${version} is published`)
    return 0
  } finally {
    await deployment.close()
  }
}
