import type { HttpAnswer, HttpRequest } from './warm-path.ts'

/** What is against a document or its variables, as Apollo Server says it and as we do. */
const DOCUMENT_CODES: ReadonlySet<unknown> = new Set([
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
])

/**
 * A client that asks for `application/json`, and so may be from before there was a type for GraphQL, is to get 200 with a
 * well-formed answer, also where that says that the document or its variables are wrong: a status that is not 200 could
 * be that of a proxy. https://graphql.github.io/graphql-over-http/draft/#sec-application-json
 */
export function withLegacyStatus(request: HttpRequest, answer: HttpAnswer): HttpAnswer {
  if (answer.status !== 400 || !asksForLegacy(request) || !isWellFormed(request)) return answer
  const { errors } = JSON.parse(answer.body) as { errors?: readonly { extensions?: { code?: unknown } }[] }
  return errors?.every(({ extensions }) => DOCUMENT_CODES.has(extensions?.code))
    ? { ...answer, status: 200 }
    : answer
}

const asksForLegacy = ({ headers: { accept = '' } }: HttpRequest): boolean =>
  accept.includes('application/json') && !accept.includes('application/graphql-response+json')

function isWellFormed({ method, body }: HttpRequest): boolean {
  if (method !== 'POST' || !isObject(body)) return false
  const { query, operationName, variables, extensions } = body
  return (
    typeof query === 'string' &&
    query !== '' &&
    (isNothing(operationName) || typeof operationName === 'string') &&
    (isNothing(variables) || isObject(variables)) &&
    (isNothing(extensions) || isObject(extensions))
  )
}

const isNothing = (value: unknown): boolean => value === undefined || value === null

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
