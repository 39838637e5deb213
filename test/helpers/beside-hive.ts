import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { type Graph, type GraphOptions, openApollo } from '../../gateway/apollo.ts'
import { withoutSecurityLinks } from '../../gateway/supergraph.ts'
import type { SubgraphName } from '../../kernel/config.ts'

interface Answer {
  readonly data?: unknown
  readonly errors?: readonly { readonly path?: readonly unknown[] }[]
}

/**
 * Our gateway, and beside it Hive's over the same supergraph and the same subgraphs: each query that is asked of ours is
 * asked of Hive's, too, and a difference fails. Mutations are carried out once, by ours.
 */
export async function openBesideHive(options: GraphOptions): Promise<Graph> {
  const ours = await openApollo({ ...options, answers: undefined })
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const name = request.url!.slice(1) as SubgraphName
      const claims = JSON.parse(Buffer.from(String(request.headers['x-claims']), 'base64url').toString())
      const answer = await options.peers.execute(name, JSON.parse(Buffer.concat(chunks).toString()), claims)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const supergraph = withoutSecurityLinks(options.supergraphSdl).replace(
    /url: "http:\/\/(\w+)"/g,
    (_, name) => `url: "http://127.0.0.1:${port}/${name}"`,
  )
  const { openHive } = await import('../../bench/peers/hive-runtime.js' as string)
  const hive = openHive(supergraph)

  return {
    ...ours,
    async execute(request, context) {
      const answer = await ours.execute(request, context)
      const { query, variables, operationName } = (request.body ?? {}) as Record<string, unknown>
      if (context.seen.operation !== 'query' || answer.status !== 200 || typeof query !== 'string')
        return answer
      const claims = Buffer.from(JSON.stringify(context.claims)).toString('base64url')
      const theirs = (await hive.ask({ query, variables, operationName }, claims)) as Answer
      const own = JSON.parse(answer.body) as Answer
      if (!isDeepStrictEqual(comparable(own), comparable(theirs))) {
        const text = JSON.stringify({ query, variables, own, theirs }, undefined, 2)
        process.stderr.write(`Hive Gateway answers otherwise: ${text}\n`)
        throw new Error('Hive Gateway answers otherwise')
      }
      return answer
    },
    async close() {
      await hive.close()
      server.close()
      server.closeAllConnections()
      await ours.close()
    },
  }
}

/** Texts and order of errors are each gateway's own; that there is one for a field is not. */
const comparable = ({ data, errors = [] }: Answer) => ({
  data: data ?? null,
  paths: [
    ...new Set(errors.map(({ path }) => JSON.stringify(path?.filter((step) => typeof step === 'string')))),
  ].sort(),
})
