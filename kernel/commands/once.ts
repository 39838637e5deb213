import type { Tx } from '../db/transaction.ts'
import { BadInputError } from '../errors.ts'
import { bodyDigest } from '../values/canonical.ts'
import { type Instant, toIso } from '../values/instant.ts'
import { fail, type Result } from '../values/result.ts'

export interface Command {
  /** Keys of one owner do not meet those of another: the member, or the calling party. */
  readonly owner: string
  /** Undefined: not idempotent by wish of the caller; the command is simply carried out. */
  readonly key: string | undefined
  readonly action: string
  /** Everything that the caller asked for; the same key with another body is refused. */
  readonly body: unknown
  readonly at: Instant
}

const KEY_LENGTH_MAX = 255

/** An empty key is a variable that was not filled in: it would give every call the answer of the first. */
export function checkIdempotencyKey(key: string): void {
  if (key.trim() === '' || key.length > KEY_LENGTH_MAX) {
    throw new BadInputError(`idempotencyKey must have 1 to ${KEY_LENGTH_MAX} characters.`)
  }
}

/**
 * Carries a command out once. The row of the key is taken before `work` begins, so two equal calls at once wait for
 * each other; the second gets the stored answer. The answer must survive JSON. Refusals are stored like successes:
 * the same question gets the same answer.
 */
export async function once<T, Code extends string>(
  tx: Tx,
  command: Command,
  work: () => Promise<Result<T, Code>>,
): Promise<Result<T, Code | 'IDEMPOTENCY_KEY_REUSED'>> {
  const { owner, key, action, body, at } = command
  if (key === undefined) return work()
  checkIdempotencyKey(key)
  const digest = bodyDigest({ action, body })
  const taken = await tx.query(
    `/* takeCommandKey */
     insert into command (owner, key, action, body, recorded_at) values ($1, $2, $3, $4, $5)
     on conflict on constraint command_key do nothing
     returning key`,
    [owner, key, action, digest, toIso(at)],
  )
  if (taken.length === 0) return storedAnswer(tx, command, digest)
  const answer = await work()
  await tx.query(`/* storeAnswer */ update command set answer = $3 where owner = $1 and key = $2`, [
    owner,
    key,
    JSON.stringify(answer),
  ])
  return answer
}

async function storedAnswer<T, Code extends string>(
  tx: Tx,
  { owner, key }: Command,
  digest: Buffer,
): Promise<Result<T, Code | 'IDEMPOTENCY_KEY_REUSED'>> {
  const [row] = await tx.query<{ body: Buffer; answer: Result<T, Code> }>(
    `/* storedAnswer */ select body, answer from command where owner = $1 and key = $2`,
    [owner, key],
  )
  return row!.body.equals(digest) ? row!.answer : fail('IDEMPOTENCY_KEY_REUSED', { path: ['idempotencyKey'] })
}
