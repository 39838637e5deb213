import { isDeepStrictEqual } from 'node:util'
import { type Graph, type GraphOptions, openApollo } from '../../gateway/apollo.ts'
import type { GatewayContext } from '../../gateway/peer-source.ts'
import type { HttpAnswer, HttpRequest } from '../../gateway/warm-path.ts'
import type { Claims } from '../../kernel/auth/request-signature.ts'
import type { SubgraphName } from '../../kernel/config.ts'
import type { GraphQLAnswer, GraphQLRequest } from '../../kernel/graphql/execute.ts'
import { silentLog } from '../../kernel/log.ts'
import type { Peers } from '../../kernel/peers.ts'
import type { Patience } from '../../kernel/values/patience.ts'

/**
 * The graph by our executor, each answer of which is compared with that of the stock executor, to the byte. What the
 * subgraphs said is recorded and told again, so that nothing is carried out twice. Told again to ourselves, too: then
 * the operation is known, and answered without Apollo Server. No answer is kept: each is computed each time.
 */
export async function openBothExecutors(options: GraphOptions): Promise<Graph> {
  const recordings = new WeakMap<Claims, Recording>()
  const peers: Pick<Peers, 'execute'> = {
    async execute(to, request, claims, ...within) {
      const recording = recordings.get(claims)
      if (!recording) return options.peers.execute(to, request, claims, ...within)
      return recording.played ? recording.play(to, request) : recording.record(to, request, claims, within)
    },
  }
  /** Spent once, however often it is told again. */
  const spend: GraphOptions['spend'] = (caller, cost) => {
    const recording = recordings.get(caller as Claims)
    if (!recording) return options.spend?.(caller, cost)
    if (!recording.played) recording.spend(() => options.spend?.(caller, cost))
    return recording.spent()
  }
  const ours = await openApollo({ ...options, peers, spend, answers: undefined, executor: 'compiled' })
  const stock = await openApollo({
    ...options,
    peers,
    spend,
    answers: undefined,
    executor: 'stock',
    log: silentLog,
  })

  const playTo = async (
    graph: Graph,
    recording: Recording,
    request: HttpRequest,
    context: GatewayContext,
  ) => {
    const claims = { ...context.claims }
    recordings.set(claims, recording)
    const body = structuredClone(request.body)
    return comparable(await graph.execute({ ...request, body }, { ...context, claims, seen: {} }))
  }

  return {
    async execute(request, context) {
      const recording = new Recording(options.peers)
      recordings.set(context.claims, recording)
      const answer = await ours.execute(request, context)
      recording.played = true
      const expected = await playTo(stock, recording, request, context)
      const again = await playTo(ours, recording, request, context)
      for (const [path, got] of [['first', comparable(answer)] as const, ['again', again] as const]) {
        if (!isDeepStrictEqual(got, expected)) report(path, request, got, expected)
      }
      if (recording.unknown.length > 0) report('asked', request, [], recording.unknown)
      return answer
    },
    audience: (principal) => ours.audience(principal),
    schema: (audience) => ours.schema(audience),
    async goOver(sdl) {
      await ours.goOver(sdl)
      await stock.goOver(sdl)
    },
    async close() {
      await ours.close()
      await stock.close()
    },
  }
}

const comparable = ({ status, headers, body }: HttpAnswer) => ({ status, headers: [...headers], body })

/** The server would mask what it throws, so it says it aloud first. */
function report(path: string, request: HttpRequest, got: unknown, expected: unknown): never {
  const text = JSON.stringify({ path, request: request.body, got, expected }, undefined, 2)
  process.stderr.write(`the executors differ: ${text}\n`)
  throw new Error('the executors differ')
}

interface OneEntity {
  readonly nothing: boolean
  readonly entity: unknown
  readonly errors: GraphQLAnswer['errors']
}

class Recording {
  played = false
  readonly unknown: unknown[] = []
  readonly #peers: Pick<Peers, 'execute'>
  readonly #answers = new Map<string, GraphQLAnswer | Error>()
  readonly #entities = new Map<string, OneEntity>()

  #spent: (() => undefined | Promise<undefined>) | undefined

  constructor(peers: Pick<Peers, 'execute'>) {
    this.#peers = peers
  }

  spend(once: () => undefined | Promise<undefined>): void {
    try {
      const result = once()
      this.#spent = () => result
    } catch (error) {
      this.#spent = () => {
        throw error
      }
    }
  }

  /** What came of spending. */
  spent(): undefined | Promise<undefined> {
    return this.#spent?.()
  }

  async record(
    to: SubgraphName,
    request: GraphQLRequest,
    claims: Claims,
    within: [withinMs?: number, asker?: Patience],
  ): Promise<GraphQLAnswer> {
    const key = keyOf(to, request)
    try {
      const answer = await this.#peers.execute(to, request, claims, ...within)
      // It is merged into others, and changes there.
      this.#answers.set(key, structuredClone(answer))
      for (const [index, representation] of representationsOf(request).entries()) {
        const entities = answer.data?._entities as unknown[] | undefined
        this.#entities.set(`${key}\n${JSON.stringify(representation)}`, {
          nothing: !answer.data,
          entity: structuredClone(entities?.[index] ?? null),
          errors: answer.errors?.filter(({ path }) => path?.[1] === index),
        })
      }
      return answer
    } catch (error) {
      this.#answers.set(key, error as Error)
      throw error
    }
  }

  /** Each representation has its own answer, whoever else was asked for with it. */
  play(to: SubgraphName, request: GraphQLRequest): GraphQLAnswer {
    const key = keyOf(to, request)
    const answer = this.#answers.get(key)
    if (answer instanceof Error) throw answer
    const representations = representationsOf(request)
    if (!answer) {
      this.unknown.push({ to, request })
      return { data: null }
    }
    if (representations.length === 0) return structuredClone(answer)
    const played = representations.map((one) => this.#entities.get(`${key}\n${JSON.stringify(one)}`))
    if (played.includes(undefined)) this.unknown.push({ to, request })
    const general = answer.errors?.filter(({ path }) => typeof path?.[1] !== 'number') ?? []
    const errors = played.flatMap((one, index) =>
      (one?.errors ?? []).map((error) => ({
        ...error,
        path: ['_entities', index, ...(error.path ?? []).slice(2)],
      })),
    )
    const all = [...general, ...errors]
    return {
      data: played.every((one) => one?.nothing)
        ? null
        : { _entities: structuredClone(played.map((one) => one?.entity ?? null)) },
      ...(all.length > 0 ? { errors: all } : {}),
    }
  }
}

const representationsOf = ({ variables }: GraphQLRequest): unknown[] =>
  (variables?.representations as unknown[] | undefined) ?? []

const keyOf = (to: SubgraphName, { query, variables }: GraphQLRequest): string =>
  [to, query, JSON.stringify({ ...variables, representations: undefined })].join('\n')
