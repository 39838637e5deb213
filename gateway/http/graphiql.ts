import { gzipSync } from 'node:zlib'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { FastifyReply, FastifyRequest } from 'fastify'

const FIRST_QUERY = `# Anyone may ask this. To ask as a member or a clerk, put
# a token that npm start printed into "Headers" below:
#   {"authorization": "Bearer <token>"}
{
  programs {
    id
    name
  }
}
`

/** GraphiQL, whole in one page: nothing is loaded from elsewhere. */
export function graphiqlPage(): (request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  let page: Buffer | undefined // Nine megabytes, two when packed: made when the first browser comes.
  return (_, reply) => {
    page ??= gzipSync(
      renderGraphiQL({ title: 'Huitong', endpoint: '/graphql', defaultQuery: FIRST_QUERY } as never),
    )
    return reply.type('text/html; charset=utf-8').header('content-encoding', 'gzip').send(page)
  }
}
