import { type Principal, principalName } from '../../kernel/auth/principal.ts'
import type { Claims } from '../../kernel/auth/request-signature.ts'
import type { Clock } from '../../kernel/clock.ts'
import { answersKept } from '../../kernel/telemetry/metrics.ts'
import { sha256 } from '../../kernel/values/canonical.ts'
import { type Instant, later } from '../../kernel/values/instant.ts'
import type { Audience } from '../../schema/contract.ts'
import type { CachePolicy } from './cache-policies.ts'
import { type KeptAnswer, KeptAnswers } from './kept-answers.ts'
import type { Versions } from './versions.ts'

/** What is asked, by whom. */
export interface Asked {
  readonly policy: CachePolicy
  /** Of the supergraph. */
  readonly generation: string
  readonly audience: Audience
  readonly claims: Pick<Claims, 'principal' | 'language'>
  /** Digest of the document's text. */
  readonly hash: string
  readonly operationName: string | undefined
  /** The variables on which the answer depends, as text. */
  readonly values: string
}

/** The place of one answer, under what it depends on as that was when its request began. */
export interface Place {
  /** What lies there; at once, unless it has to be asked for elsewhere. */
  find(): Served | undefined | Promise<Served | undefined>
  /** Keeps an answer without errors; `computedAt` is when its request began. */
  keep(body: string): Served
}

export interface Served {
  readonly body: string
  readonly headers: readonly (readonly [string, string])[]
}

/** Answers that several gateways share. */
export interface SharedAnswers {
  get(key: string): Promise<KeptAnswer | undefined>
  set(key: string, answer: KeptAnswer): void
}

export interface AnswerCache {
  /** Undefined: this answer may not be kept, now or at all. */
  place(asked: Asked): Place | undefined
  /**
   * Before a mutation; what is returned is called when it was carried out, before its answer goes out. What its caller
   * reads of its own after that is computed anew; where it publishes rules, what anybody reads here.
   */
  writing(principal: Principal, options: { publishes: boolean }): () => void
}

/**
 * Answers by operation, variables, contract, rights, language and, where private, member. What they depend on is part of
 * the key, as versions: an answer that was computed before a change is never found after it.
 */
export function answerCache(options: {
  bytesMax: number
  versions: Versions
  clock: Clock
  shared: SharedAnswers | undefined
}): AnswerCache {
  const { versions, clock, shared } = options
  const own = new KeptAnswers(options.bytesMax)

  const serve = ({ policy, claims }: Asked, answer: KeptAnswer): Served => ({
    body: answer.body,
    headers: headersOf(policy, claims.principal, answer, clock.now()),
  })

  return {
    place(asked) {
      const key = keyOf(asked, versions)
      if (key === undefined) return undefined
      const { policy } = asked
      const startedAt = clock.now()
      const isShared = shared !== undefined && policy.scope === 'PUBLIC'
      return {
        find() {
          const found = own.get(key, startedAt)
          answersKept.inc({ outcome: found ? 'hit' : 'miss' })
          if (found) return serve(asked, found)
          if (!isShared) return undefined
          return shared.get(digestOf(key)).then((answer) => {
            if (!answer || startedAt >= answer.until) return undefined
            answersKept.inc({ outcome: 'shared' })
            own.set(key, answer)
            return serve(asked, answer)
          })
        },
        keep(body) {
          const answer: KeptAnswer = {
            body,
            at: startedAt,
            until: later(startedAt, policy.maxAgeSeconds * 1_000),
            etag: `"${sha256(body).toString('base64url').slice(0, 22)}"`,
          }
          own.set(key, answer)
          if (isShared) shared.set(digestOf(key), answer)
          return serve(asked, answer)
        },
      }
    },
    writing(principal, { publishes }) {
      const rules = versions.nameOf('ledger')
      return () => {
        if (principal.kind === 'member') versions.dropMember(principal.memberId)
        if (publishes) versions.dropHere('ledger', rules)
      }
    },
  }
}

function keyOf(asked: Asked, versions: Versions): string | undefined {
  const { policy, generation, audience, claims, hash, operationName = '', values } = asked
  const { principal, language } = claims
  const rules = versions.ofSubgraphs(policy.subgraphs)
  if (rules === undefined) return undefined
  let whose = ''
  if (policy.scope === 'PRIVATE') {
    // Only of members is it told when something of theirs changes.
    if (principal.kind !== 'member') return undefined
    const own = versions.ofMember(principal.memberId)
    if (own === undefined) return undefined
    whose = `${principalName(principal)} ${own}`
  }
  return [
    generation,
    audience,
    rightsOf(principal),
    language,
    whose,
    rules,
    hash,
    operationName,
    values,
  ].join('\n')
}

/** Callers with the same rights have the same name here. */
function rightsOf(principal: Principal): string {
  if (principal.kind === 'staff') return `staff ${principal.role}`
  if (principal.kind === 'service') return principal.channel === undefined ? 'internal' : 'channel'
  return principal.kind
}

/** Others need not know what was asked. */
const digestOf = (key: string): string => sha256(key).toString('base64url')

/**
 * What is the same for all may be taken again for as long as it is kept here; what is a member's own is asked for again,
 * since a browser is not told when it changes. Only answers to callers without a token are for proxies.
 */
function headersOf(
  { scope, maxAgeSeconds }: CachePolicy,
  { kind }: Principal,
  { at, etag }: KeptAnswer,
  now: Instant,
): [string, string][] {
  const forWhom = kind === 'anonymous' ? 'public' : 'private'
  return [
    ['cache-control', scope === 'PRIVATE' ? 'private, no-cache' : `${forWhom}, max-age=${maxAgeSeconds}`],
    ['age', String(Math.max(0, Math.floor((now - at) / 1_000)))],
    ['etag', etag],
  ]
}
