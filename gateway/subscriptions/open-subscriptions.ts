import type { GraphQLFormattedError } from 'graphql'
import { hasScopes, type Principal, principalName } from '../../kernel/auth/principal.ts'
import type { Claims } from '../../kernel/auth/request-signature.ts'
import type { Clock } from '../../kernel/clock.ts'
import { AppError, BadInputError, ForbiddenError, UnauthenticatedError } from '../../kernel/errors.ts'
import type { Logger } from '../../kernel/log.ts'
import type { Peers } from '../../kernel/peers.ts'
import { gauges } from '../../kernel/telemetry/metrics.ts'
import { newId } from '../../kernel/values/ids.ts'
import type { Graph } from '../apollo.ts'
import { ChangeFeed } from './change-feed.ts'
import { ASPECTS, type Aspect } from './changes.ts'
import { type Asked, MEMBER_VARIABLE, type Prepared, prepare } from './prepare.ts'

/** Of one caller; a member has a phone, a tablet and some tabs. */
const PER_CALLER_MAX = 10
const ALL_MAX = 10_000
/** A client comes again after this, with a new token if it must. */
const LIFE_MS_MAX = 60 * 60_000

export interface Answer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly GraphQLFormattedError[]
}

/** Who follows: with which claims, until when, and whether it has been here before. */
export interface Follower {
  readonly claims: Claims
  /** When the token ends, in milliseconds; undefined: it does not. */
  readonly endsAt: number | undefined
  readonly resumes?: boolean
  readonly gone: AbortSignal
}

export interface Subscriptions {
  /**
   * Undefined: what is asked is no subscription. Throws an `AppError`, or an array of errors of GraphQL, where it may
   * not begin.
   */
  open(asked: Asked, follower: Follower): Promise<AsyncGenerator<Answer, void> | undefined>
  /** Ends all of them; those who follow are told that it is over. */
  close(): Promise<void>
}

export function openSubscriptions(options: {
  graph: Pick<Graph, 'audience' | 'execute' | 'schema'>
  peers: Pick<Peers, 'feed' | 'onPublished'>
  /** Throws for who has signed out. */
  stillIn: (principal: Principal) => Principal | Promise<Principal>
  clock: Clock
  log: Logger
}): Subscriptions {
  const { graph, peers, stillIn, clock, log } = options
  const feed = new ChangeFeed(peers, log)
  const closing = new AbortController()
  const perCaller = new Map<string, number>()
  let all = 0

  const enter = (caller: string): (() => void) => {
    const held = perCaller.get(caller) ?? 0
    if (closing.signal.aborted || all >= ALL_MAX || held >= PER_CALLER_MAX) {
      throw new AppError('RATE_LIMITED', `At most ${PER_CALLER_MAX} subscriptions at once; close one first.`)
    }
    const count = (by: number): void => {
      all += by
      const left = (perCaller.get(caller) ?? 0) + by
      if (left > 0) perCaller.set(caller, left)
      else perCaller.delete(caller)
      gauges.subscriptions.set(all)
    }
    count(1)
    let inside = true
    return () => {
      if (inside) count(-1)
      inside = false
    }
  }

  /** The member as it stands, under the keys that were asked for. */
  const look = async (
    prepared: Prepared,
    claims: Claims,
    memberId: string,
    aspects: Aspect[],
  ): Promise<Answer> => {
    const byId = claims.principal.kind !== 'member'
    const query = prepared.followUp(byId)
    const variables = byId ? { ...prepared.variables, [MEMBER_VARIABLE]: memberId } : prepared.variables
    const { data = null, errors } = query
      ? await ask(graph, { query, variables }, { ...claims, requestId: newId(clock.now()) })
      : {}
    const change = Object.fromEntries(
      prepared.fields.map(({ key, name }) => {
        if (name === 'aspects') return [key, aspects]
        return [key, name === '__typename' ? 'MemberChange' : (data?.[key] ?? null)]
      }),
    )
    const shown = errors?.map((error) => ({ ...error, path: [prepared.rootKey, ...(error.path ?? [])] }))
    return { ...(shown && { errors: shown }), data: { [prepared.rootKey]: change } }
  }

  async function* follow(
    prepared: Prepared,
    memberId: string,
    { claims, endsAt, resumes = false, gone }: Follower,
    leave: () => void,
  ): AsyncGenerator<Answer, void> {
    const life = Math.min(LIFE_MS_MAX, endsAt === undefined ? LIFE_MS_MAX : endsAt - clock.now())
    const over = AbortSignal.any([gone, closing.signal, AbortSignal.timeout(Math.max(0, life))])
    const changed = new Set<Aspect>()
    let wake = (): void => {}
    const onOver = () => wake()
    over.addEventListener('abort', onOver)
    let stop = (): void => {}
    try {
      stop = await feed.listen(memberId, (aspect) => {
        if (prepared.of && !prepared.of.includes(aspect)) return
        changed.add(aspect)
        wake()
      })
      if (prepared.startWithPresent || resumes) yield await look(prepared, claims, memberId, [])
      while (!over.aborted) {
        if (changed.size === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          continue
        }
        // What comes while we look, or while a slow client reads, is told together.
        const aspects = ASPECTS.filter((aspect) => changed.has(aspect))
        changed.clear()
        await stillIn(claims.principal)
        yield await look(prepared, claims, memberId, aspects)
      }
    } catch (error) {
      // Who has signed out is told no more; the client asks again, and is told why then.
      if (!(error instanceof UnauthenticatedError)) throw error
    } finally {
      over.removeEventListener('abort', onOver)
      stop()
      leave()
    }
  }

  return {
    async open(asked, follower) {
      const audience = graph.audience(follower.claims.principal)
      const prepared = prepare(graph.schema(audience), asked, audience)
      if (!prepared) return undefined
      const { principal } = follower.claims
      const memberId = memberFollowed(principal, prepared.memberId)
      const leave = enter(principalName(principal))
      // A generator that waits for a change cannot be returned from before there is one.
      const ended = new AbortController()
      const gone = AbortSignal.any([follower.gone, ended.signal])
      gone.addEventListener('abort', leave, { once: true })
      const answers = follow(prepared, memberId, { ...follower, gone }, leave)
      const finish = answers.return.bind(answers)
      answers.return = (value) => {
        ended.abort()
        return finish(value)
      }
      return answers
    },
    async close() {
      closing.abort()
      await feed.close()
    },
  }
}

/** The only one that a member may follow is itself. */
function memberFollowed(principal: Principal, named: string | undefined): string {
  if (principal.kind === 'anonymous') throw new UnauthenticatedError()
  if (principal.kind === 'member') {
    if (named !== undefined && named !== principal.memberId) throw new ForbiddenError()
    return principal.memberId
  }
  if (!hasScopes(principal, [['members:read']])) throw new ForbiddenError()
  if (named === undefined) throw new BadInputError('memberId: say whom to follow.')
  return named
}

const HEADERS = { 'content-type': 'application/json', accept: 'application/json' }

async function ask(
  graph: Pick<Graph, 'execute'>,
  body: { query: string; variables: Record<string, unknown> },
  claims: Claims,
): Promise<Answer> {
  const answer = await graph.execute(
    { method: 'POST', url: '/graphql', headers: HEADERS, body },
    { claims, trusted: true, fresh: true, seen: {} },
  )
  return JSON.parse(answer.body) as Answer
}
