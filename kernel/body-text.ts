import type { IncomingMessage } from 'node:http'

/** The body of a request, for whoever answers without a framework. Never, if the client goes before all has come: then nobody waits. */
export const bodyText = (request: IncomingMessage): Promise<string> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString()))
  })
