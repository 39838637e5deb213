import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { Refusal } from '../../../kernel/values/result.ts'

/** What a command with an idempotency key came to: a document, or a refusal that stays one. */
export interface CommandAnswer {
  readonly memberId: string
  readonly key: string
  readonly body: Buffer
  readonly answer: { readonly documentId: string } | { readonly refusal: Refusal }
}

export const commandName = ({ memberId, key }: { memberId: string; key: string }): string =>
  `${memberId}:${key}`

/**
 * One by one, which the limit makes sure of: a plan that was made while there were few answers would read all of them each
 * time, until the server looks at the table anew.
 */
export async function readAnswers(
  query: Query,
  keys: readonly { memberId: string; key: string }[],
): Promise<Map<string, CommandAnswer>> {
  if (keys.length === 0) return new Map()
  const rows = await query<{ owner: string; key: string; body: Buffer; answer: CommandAnswer['answer'] }>(
    `/* readAnswers */
     select found.owner, found.key, found.body, found.answer
     from unnest($1::text[], $2::text[]) as wanted (owner, key)
     cross join lateral (
       select * from command where command.owner = wanted.owner and command.key = wanted.key limit 1
     ) as found`,
    [keys.map(({ memberId }) => memberId), keys.map(({ key }) => key)],
  )
  return new Map(
    rows.map((row) => [
      commandName({ memberId: row.owner, key: row.key }),
      { memberId: row.owner, key: row.key, body: row.body, answer: row.answer },
    ]),
  )
}

/** Sent, not waited for. */
export function insertAnswers(tx: Tx, answers: readonly CommandAnswer[], now: Instant): void {
  if (answers.length === 0) return
  tx.send(
    `/* insertAnswers */
     insert into command (owner, key, action, body, answer, recorded_at)
     select owner, key, 'post', body, answer, $5
     from unnest($1::text[], $2::text[], $3::bytea[], $4::jsonb[]) as new (owner, key, body, answer)`,
    [
      answers.map(({ memberId }) => memberId),
      answers.map(({ key }) => key),
      answers.map(({ body }) => body),
      answers.map(({ answer }) => JSON.stringify(answer)),
      toIso(now),
    ],
  )
}
