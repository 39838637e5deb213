import { buildSchema } from 'graphql'
import { expect, test } from 'vitest'
import { executor } from '../../../kernel/graphql/execute.ts'
import { silentLog } from '../../../kernel/log.ts'

const schema = buildSchema('type Query { one: Int }')
const context = { requestId: 'test-request' }

test('documents beyond what is remembered are answered like any other, and so are those that were forgotten', async () => {
  const run = executor(schema, silentLog)
  for (let round = 0; round < 2; round++) {
    for (const name of ['a', 'b', 'c']) {
      const query = `{ ${name}: one ${'#'.repeat(600_000)}\n}`
      expect(await run({ query }, context)).toEqual({ data: { [name]: null } })
    }
    const wrong = await run({ query: `{ two ${'#'.repeat(1_200_000)}\n}` }, context)
    expect(wrong.errors?.[0]?.message).toBe('Cannot query field "two" on type "Query".')
  }
})
