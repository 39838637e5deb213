import { createServer, type IncomingHttpHeaders } from 'node:http'

/** The least that a server of JSON over HTTP can be: what a hand-written one would be measured by. */
export function rawServer(
  answer: (url: string, body: string, headers: IncomingHttpHeaders) => string | Promise<string>,
): (port: number) => Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const body = await answer(request.url!, Buffer.concat(chunks).toString(), request.headers)
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
    })
  })
  server.keepAliveTimeout = 60_000
  return (port) =>
    new Promise((resolve) =>
      server.listen(port, '127.0.0.1', () => resolve(`http://127.0.0.1:${portOf(server)}`)),
    )
}

const portOf = (server: ReturnType<typeof createServer>): number =>
  (server.address() as { port: number }).port
