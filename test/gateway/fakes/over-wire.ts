import { type IncomingHttpHeaders, request } from 'node:http'

/** One request over a connection of its own, with the headers just as they are given. */
export function overWire(
  url: URL,
  options: { method: string; headers: Record<string, string>; payload?: string | Buffer | undefined },
): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  const { method, headers, payload } = options
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers, agent: false }, (response) => {
      const { statusCode: status = 0, headers: received } = response
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status, headers: received, text }))
      response.on('error', reject)
    })
    asking.on('error', reject)
    asking.end(payload)
  })
}
