import type { IncomingHttpHeaders } from 'node:http'
import type { Principal } from '../../kernel/auth/principal.ts'
import type { Clock } from '../../kernel/clock.ts'
import { within } from '../../kernel/deadlines.ts'
import { AppError, BadInputError } from '../../kernel/errors.ts'
import { languageOf } from '../../kernel/graphql/refusal.ts'
import type { Logger } from '../../kernel/log.ts'
import type { Patience } from '../../kernel/values/patience.ts'
import { AUDIENCES } from '../../schema/contract.ts'
import type { Graph } from '../apollo.ts'
import type { Callers } from '../authenticate.ts'
import type { Resolved } from '../documents/resolve-document.ts'
import { namedIn, withDocument } from '../documents/with-document.ts'
import { operationObserver } from '../observe-operation.ts'
import type { GatewayContext } from '../peer-source.ts'
import type { Protection } from '../protection.ts'
import type { HttpAnswer, HttpRequest } from '../warm-path.ts'
import { BODY_LEVELS_MAX, isDeeperThan } from './body-size.ts'

const WAIT_SECONDS_MAX = 10
/** Of a request, whatever becomes of it. */
const REQUEST_COST = 1

export interface Asker {
  readonly principal: Principal
  readonly requestId: string
  readonly address: string
  /** Ends when the client goes. */
  readonly asker: Patience
}

/** A request with the text of its document, and what is known of who asks. */
export interface Read {
  readonly asked: HttpRequest
  readonly context: GatewayContext
}

/** GraphQL over HTTP, whoever has read the request: Fastify's routes, or the direct one. */
export interface GraphqlAnswers {
  /** Before the body is parsed: who asks says how large it may be. Throws or rejects with what is refused. */
  admit(headers: IncomingHttpHeaders, address: string): Principal | Promise<Principal>
  read(asked: HttpRequest, asker: Asker): Read | Promise<Read>
  /** At once, where nothing has to be waited for. */
  answer(read: Read): HttpAnswer | Promise<HttpAnswer>
  /** Without a deadline, and without waiting for effects. */
  answerOnce(read: Read): HttpAnswer | Promise<HttpAnswer>
}

export function graphqlAnswers(options: {
  graph: Graph
  callers: Callers
  /** Refuses who has signed out. */
  stillIn: (principal: Principal) => Principal | Promise<Principal>
  clock: Clock
  log: Logger
  /** Returns when the effects of what was committed are visible in all subgraphs. */
  settle: () => Promise<void>
  protection: Pick<Protection, 'resolve' | 'spend' | 'trusted'>
  /** A member's query, from its last byte to the answer. */
  answerMs: number
}): GraphqlAnswers {
  const { graph, callers, stillIn, clock, log, settle, protection, answerMs } = options
  const observe = operationObserver(
    AUDIENCES.flatMap((audience) => protection.trusted.of(audience).map(({ name }) => name)),
  )

  const answerOnce = ({ asked, context }: Read): HttpAnswer | Promise<HttpAnswer> =>
    observe(context, asked.headers, () => graph.execute(asked, context))

  /** The mutation has been carried out already: that its effects are late is no reason to fail. */
  const settledWithin = (seconds: number): Promise<boolean> =>
    within(
      seconds * 1_000,
      settle().then(() => true),
      () => new Error('They are not visible everywhere yet.'),
    ).catch((error: unknown) => {
      log.warn({ error }, 'effects are late')
      return false
    })

  const withEffects = async (
    answering: HttpAnswer | Promise<HttpAnswer>,
    { seen }: GatewayContext,
    seconds: number,
  ): Promise<HttpAnswer> => {
    const answer = await answering
    if (seen.operation !== 'mutation' || !(await settledWithin(seconds))) return answer
    return { ...answer, headers: [...answer.headers, ['preference-applied', 'wait']] }
  }

  return {
    answerOnce,
    admit({ authorization }, address) {
      const spent = (principal: Principal): Principal | Promise<Principal> => {
        const waiting = protection.spend({ principal, address }, REQUEST_COST)
        return waiting ? waiting.then(() => principal) : principal
      }
      const found = callers.of(authorization, clock.now())
      const principal = found instanceof Promise ? found.then(stillIn) : stillIn(found)
      return principal instanceof Promise ? principal.then(spent) : spent(principal)
    },
    read(asked, { principal, requestId, address, asker }) {
      if (isDeeperThan(asked.body, BODY_LEVELS_MAX)) throw new BadInputError('The body goes too deep.')
      const named = namedIn(asked)
      const language = languageOf(asked.headers['accept-language'])
      const read = (document: Resolved): Read => ({
        asked: withDocument(asked, named, document),
        context: {
          claims: { principal, language, requestId, address },
          trusted: document.trusted,
          asker,
          seen: {},
        },
      })
      const found = protection.resolve(graph.audience(principal), named)
      return found instanceof Promise ? found.then(read) : read(found)
    },
    answer(read) {
      const { asked, context } = read
      const answer = inTime(context, answerMs, answerOnce(read))
      const seconds = waitSeconds(asked.headers.prefer)
      return seconds === undefined ? answer : withEffects(answer, context, seconds)
    },
  }
}

/**
 * A query that nobody waits for any more is answered so; what it asked for is let go. A mutation may have been carried
 * out, so its answer is waited for. Staff ask for what takes longer, such as a check of all books.
 */
function inTime<T>(
  { claims, seen, asker }: GatewayContext,
  ms: number,
  work: T | Promise<T>,
): T | Promise<T> {
  const { kind } = claims.principal
  if (!(work instanceof Promise) || kind === 'staff' || kind === 'service') return work
  return within(ms, work, () => {
    if (seen.operation === 'mutation') return undefined
    asker?.end()
    return tooLong()
  })
}

const tooLong = () => new AppError('SUBGRAPH_UNAVAILABLE', 'The answer took too long. Try again.')

/** `Prefer: wait=5` (RFC 7240): the answer may take so long if it then shows all effects. */
export function waitSeconds(prefer: string | string[] | undefined): number | undefined {
  if (prefer === undefined) return undefined
  const wait = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?/i.exec([prefer].flat().join(','))?.[1]
  return wait === undefined ? undefined : Math.min(Number(wait), WAIT_SECONDS_MAX)
}
