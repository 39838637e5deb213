import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql'
import { fieldFinder } from '../../kernel/graphql/asked-fields.ts'
import { fragmentsOf } from '../../kernel/graphql/fragments.ts'
import type { Audience } from '../../schema/contract.ts'
import type { GatewayContext } from '../peer-source.ts'
import type { HttpAnswer, HttpRequest } from '../warm-path.ts'
import type { AnswerCache, Place } from './answer-cache.ts'
import { askedValues } from './asked-values.ts'
import { CachePolicies } from './cache-policies.ts'

/** An operation as its answer is kept. */
export interface Placed {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly definition: OperationDefinitionNode
  /** Digest of the document's text. */
  readonly hash: string
  readonly operationName: string | undefined
  /** As the client sent them. */
  readonly variables: Readonly<Record<string, unknown>>
}

export interface Places {
  /** Where the answer to an operation is kept; undefined: it may not be. */
  of(audience: Audience, asked: Placed, context: GatewayContext): Place | undefined
  goOver(supergraphSdl: string): void
}

/** Places in a cache by the policies of the present supergraph. */
export function openPlaces(supergraphSdl: string, answers: AnswerCache | undefined): Places {
  if (!answers) return { of: () => undefined, goOver: () => {} }
  let policies = new CachePolicies(supergraphSdl)
  return {
    of(audience, { schema, document, definition, hash, operationName, variables }, { claims, fresh, seen }) {
      if (definition.operation === 'mutation') {
        seen.written = answers.writing(claims.principal, { publishes: publishes(document, definition) })
      }
      if (fresh) return undefined
      const policy = policies.of(schema, document, definition)
      if (!policy) return undefined
      const { generation } = policies
      const values = askedValues(definition, variables)
      if (values === undefined) return undefined
      return answers.place({ policy, generation, audience, claims, hash, operationName, values })
    },
    goOver(sdl) {
      policies = new CachePolicies(sdl)
    },
  }
}

const asksToPublish = fieldFinder(['publishProgram'])

const publishes = (document: DocumentNode, operation: OperationDefinitionNode): boolean =>
  asksToPublish({ operation, fragments: fragmentsOf(document) })

/**
 * An answer that may be kept, as it is told to who may keep it: what it depends on besides the address; and a client that
 * has it already is told no more than that. https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match
 */
export function forKeeping({ method, headers }: HttpRequest, answer: HttpAnswer): HttpAnswer {
  if (method !== 'GET') return answer
  const etag = answer.headers.find(([name]) => name === 'etag')?.[1]
  if (etag === undefined) return answer
  const sent = [...answer.headers, VARY]
  if (!tagsOf(headers['if-none-match'] ?? '').includes(etag)) return { ...answer, headers: sent }
  return { status: 304, headers: sent.filter(([name]) => !name.startsWith('content-')), body: '' }
}

const VARY = ['vary', 'Origin, Accept, Accept-Language, Authorization'] as const

const tagsOf = (ifNoneMatch: string): string[] =>
  ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
