import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Clock } from '../../kernel/clock.ts'
import { BadInputError } from '../../kernel/errors.ts'
import { addDuration, type Instant, instant, toIso } from '../../kernel/values/instant.ts'
import type { IdentityDoor } from '../identity-door.ts'
import type { SandboxClock } from '../sandbox-clock.ts'

const MOVE_YEARS_MAX = 10

const text = z.string().min(1).max(200)

const tokenRequest = z.strictObject(
  {
    kind: z.enum(['member', 'clerk', 'manager', 'operator', 'admin', 'partner']),
    memberId: text.optional(),
    store: text.optional(),
    node: text.optional(),
    partner: text.optional(),
  },
  { error: ofObject('Send an object such as {"kind":"clerk","store":"store-1"}.') },
)

const clockRequest = z.union([z.strictObject({ advance: text }), z.strictObject({ set: text })], {
  error: 'Send {"advance":"P30D"} or {"set":"2027-01-01T00:00:00Z"}.',
})

/** Said of a body that is no object; what is wrong within one is said of the field. */
function ofObject(message: string) {
  return ({ code }: { code?: string }) => (code === 'invalid_type' ? message : undefined)
}

/** Ready tokens and a movable clock. The clock is there only where all subgraphs share this process. */
export function sandboxRoutes(
  server: FastifyInstance,
  options: { identity: IdentityDoor; clock: Clock; timeMachine: SandboxClock | undefined },
): void {
  const { identity, clock, timeMachine } = options

  server.get('/', async (_, reply) => reply.redirect('/graphql'))

  server.post('/sandbox/token', async (request) => identity.sandboxToken(checked(tokenRequest, request.body)))

  if (!timeMachine) return
  server.post('/sandbox/clock', async (request) => {
    const { now, ran, failed } = await timeMachine.moveTo(
      targetOf(checked(clockRequest, request.body), clock.now()),
    )
    return { now: toIso(now), ran, failed }
  })
}

function targetOf(request: z.output<typeof clockRequest>, now: Instant): Instant {
  const target = 'advance' in request ? advanced(now, request.advance) : momentOf(request.set)
  if (target < now) throw new BadInputError(`The clock only goes forward; it is ${toIso(now)}.`)
  if (target > addDuration(now, `P${MOVE_YEARS_MAX}Y`, 'UTC')) {
    throw new BadInputError(`The clock moves at most ${MOVE_YEARS_MAX} years at once.`)
  }
  return target
}

function advanced(now: Instant, duration: string): Instant {
  try {
    return addDuration(now, duration, 'UTC')
  } catch {
    throw new BadInputError('advance must be an ISO 8601 duration such as P30D or PT1H.')
  }
}

function momentOf(text: string): Instant {
  if (!/^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(text)) {
    throw new BadInputError('set must be a moment with its zone, such as 2027-01-01T00:00:00Z.')
  }
  try {
    return instant(text)
  } catch {
    throw new BadInputError('set must be a moment with its zone, such as 2027-01-01T00:00:00Z.')
  }
}

function checked<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw new BadInputError(path.length > 0 ? `${path.join('.')}: ${message}` : message)
}
