import type { FastifyInstance, FastifyReply } from 'fastify'
import { ACCESS_TOKEN_SECONDS } from '../../kernel/auth/access-token.ts'
import type { ExchangedToken, IdentityDoor } from '../identity-door.ts'

type Door = Pick<IdentityDoor, 'issueClientToken' | 'exchangeToken'>

/**
 * The token endpoint for back ends of channels and partners: RFC 6749, client credentials (4.4), and token exchange
 * (RFC 8693): the back end of a channel gets the token of a member whom it vouches for, a tool of the staff one for the
 * ID token of its OpenID provider.
 */
export function oauthRoutes(server: FastifyInstance, identity: Door): void {
  server.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, new URLSearchParams(String(body))),
    )
    scope.post('/oauth/token', async (request, reply) =>
      sendAnswer(reply, await tokenAnswer(identity, request.body, request.headers.authorization)),
    )
  })
}

type OAuthError =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unsupported_grant_type'
  | 'temporarily_unavailable'

type TokenAnswer =
  | { readonly token: string; readonly expiresIn: number }
  | ExchangedToken
  | { readonly error: OAuthError; readonly description: string }

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'

async function tokenAnswer(
  identity: Door,
  form: unknown,
  authorization: string | undefined,
): Promise<TokenAnswer> {
  if (!(form instanceof URLSearchParams)) {
    return refused('invalid_request', 'The body must be application/x-www-form-urlencoded.')
  }
  const repeated = [...new Set(form.keys())].find((name) => form.getAll(name).length > 1)
  if (repeated) return refused('invalid_request', `${repeated} is given more than once.`)
  const grant = form.get('grant_type')
  if (!grant) return refused('invalid_request', 'grant_type is missing.')
  if (grant !== 'client_credentials' && grant !== EXCHANGE) {
    return refused('unsupported_grant_type', `Only client_credentials and ${EXCHANGE} are supported.`)
  }
  const basic = basicCredentials(authorization)
  const inForm = form.has('client_secret')
  if (basic && inForm) return refused('invalid_request', 'The client authenticates in two ways at once.')
  const id = basic?.id ?? form.get('client_id')
  const secret = basic?.secret ?? form.get('client_secret')
  const client = id && secret ? { id, secret } : undefined
  if (grant === EXCHANGE) return exchange(identity, form, client)
  if (!client) return refused('invalid_client', 'The client must authenticate with its id and secret.')
  return (
    (await identity.issueClientToken(client)) ??
    refused('invalid_client', 'The client is not known, or its secret is wrong.')
  )
}

async function exchange(
  identity: Door,
  form: URLSearchParams,
  client: { id: string; secret: string } | undefined,
): Promise<TokenAnswer> {
  const subjectToken = form.get('subject_token')
  const subjectTokenType = form.get('subject_token_type')
  if (!subjectToken || !subjectTokenType) {
    return refused('invalid_request', 'subject_token and subject_token_type are needed.')
  }
  if ((form.get('requested_token_type') ?? ACCESS_TOKEN) !== ACCESS_TOKEN) {
    return refused('invalid_request', `Only ${ACCESS_TOKEN} is given.`)
  }
  if (form.has('actor_token')) return refused('invalid_request', 'actor_token is not supported.')
  if (!client && subjectTokenType !== ID_TOKEN) {
    return refused('invalid_client', 'The client must authenticate with its id and secret.')
  }
  const answer = await identity.exchangeToken({
    client,
    subjectToken,
    subjectTokenType,
    subjectScope: form.get('subject_scope') ?? undefined,
  })
  return 'refused' in answer ? refused(errorOf(answer.refused), answer.message) : answer
}

/** RFC 8693, 2.2.2: what is wrong with the subject token is an invalid request; that it leads to nobody, an invalid grant. */
function errorOf(code: string): OAuthError {
  switch (code) {
    case 'CLIENT_NOT_VALID':
      return 'invalid_client'
    case 'OPEN_ID_UNAVAILABLE':
      return 'temporarily_unavailable'
    case 'IDENTIFIER_NOT_VALID':
    case 'PHONE_NOT_VALID':
    case 'ASSERTION_NOT_ALLOWED':
      return 'invalid_request'
    default:
      return 'invalid_grant'
  }
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
  if ('refreshToken' in answer) {
    return reply.send({
      access_token: answer.token,
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: ACCESS_TOKEN_SECONDS,
      refresh_token: answer.refreshToken,
    })
  }
  if ('token' in answer) {
    return reply.send({ access_token: answer.token, token_type: 'Bearer', expires_in: answer.expiresIn })
  }
  const { error, description } = answer
  if (error === 'invalid_client') reply.code(401).header('www-authenticate', 'Basic realm="huitong"')
  else reply.code(error === 'temporarily_unavailable' ? 503 : 400)
  return reply.send({ error, error_description: description })
}
