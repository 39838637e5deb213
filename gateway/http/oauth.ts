import type { FastifyInstance, FastifyReply } from 'fastify'
import type { IdentityDoor } from '../identity-door.ts'

/** The token endpoint for back ends of channels and partners: RFC 6749, client credentials (4.4). */
export function oauthRoutes(server: FastifyInstance, identity: Pick<IdentityDoor, 'issueClientToken'>): void {
  server.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, new URLSearchParams(String(body))),
    )
    scope.post('/oauth/token', async (request, reply) => {
      const answer = await tokenAnswer({
        form: request.body,
        authorization: request.headers.authorization,
        issue: identity.issueClientToken,
      })
      return sendAnswer(reply, answer)
    })
  })
}

type OAuthError = 'invalid_request' | 'invalid_client' | 'unsupported_grant_type'

type TokenAnswer =
  | { readonly token: string; readonly expiresIn: number }
  | { readonly error: OAuthError; readonly description: string }

async function tokenAnswer(options: {
  form: unknown
  authorization: string | undefined
  issue: IdentityDoor['issueClientToken']
}): Promise<TokenAnswer> {
  const { form, authorization, issue } = options
  if (!(form instanceof URLSearchParams)) {
    return refused('invalid_request', 'The body must be application/x-www-form-urlencoded.')
  }
  const repeated = [...new Set(form.keys())].find((name) => form.getAll(name).length > 1)
  if (repeated) return refused('invalid_request', `${repeated} is given more than once.`)
  const grant = form.get('grant_type')
  if (!grant) return refused('invalid_request', 'grant_type is missing.')
  if (grant !== 'client_credentials') {
    return refused('unsupported_grant_type', 'Only client_credentials is supported.')
  }
  const basic = basicCredentials(authorization)
  const inForm = form.has('client_secret')
  if (basic && inForm) return refused('invalid_request', 'The client authenticates in two ways at once.')
  const id = basic?.id ?? form.get('client_id')
  const secret = basic?.secret ?? form.get('client_secret')
  if (!id || !secret) return refused('invalid_client', 'The client must authenticate with its id and secret.')
  return (
    (await issue({ id, secret })) ??
    refused('invalid_client', 'The client is not known, or its secret is wrong.')
  )
}

const refused = (error: OAuthError, description: string): TokenAnswer => ({ error, description })

/** RFC 6749, 2.3.1: both parts are form-encoded before they are joined. */
function basicCredentials(header: string | undefined): { id: string; secret: string } | undefined {
  const encoded = /^Basic +([\w+/=-]+)$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  try {
    return { id: formDecoded(text.slice(0, colon)), secret: formDecoded(text.slice(colon + 1)) }
  } catch {
    return undefined
  }
}

const formDecoded = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))

function sendAnswer(reply: FastifyReply, answer: TokenAnswer): FastifyReply {
  reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
  if ('token' in answer) {
    return reply.send({ access_token: answer.token, token_type: 'Bearer', expires_in: answer.expiresIn })
  }
  const { error, description } = answer
  if (error === 'invalid_client') reply.code(401).header('www-authenticate', 'Basic realm="huitong"')
  else reply.code(400)
  return reply.send({ error, error_description: description })
}
