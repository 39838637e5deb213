import type { Principal } from '../auth/principal.ts'
import type { Clock } from '../clock.ts'
import type { Config, SubgraphName } from '../config.ts'
import type { Db } from '../db/open-database.ts'
import type { Logger } from '../log.ts'
import type { Secrets } from '../secrets.ts'
import type { Instant } from '../values/instant.ts'
import type { Patience } from '../values/patience.ts'
import type { Language, Messages } from './refusal.ts'

/** What an action or resolver is given: who asks, when, and the doors it may use. */
export interface Context<Services = unknown, Loaders = unknown> {
  readonly principal: Principal
  /** The moment of the request; asked from the clock once. */
  readonly now: Instant
  readonly language: Language
  readonly requestId: string
  /** The caller's network address; undefined for calls between parts. For limits only: it is not kept. */
  readonly address: string | undefined
  readonly db: Db
  /** That the caller waits for what is read; `db.query` keeps to it. Undefined in mutations, events and jobs. */
  readonly patience: Patience | undefined
  /** The other subgraphs, as a client of their GraphQL. */
  readonly graph: GraphClient
  readonly log: Logger
  readonly services: Services
  /** Batch what one request reads. */
  readonly loaders: Loaders
  readonly messages: Messages
}

/** What a subgraph's own services are made from, once, when it is mounted. */
export interface ServiceDependencies {
  readonly db: Db
  readonly config: Config
  readonly secrets: Secrets
  readonly clock: Clock
  readonly log: Logger
}

export interface GraphClient {
  /**
   * Runs a document at another subgraph as this subgraph's service principal. Mutations must carry an idempotency
   * key: the call may be repeated. Throws an `AppError` when the other cannot be reached or answers with errors.
   */
  request<Data>(to: SubgraphName, document: string, variables: Record<string, unknown>): Promise<Data>
}
