import { expect, test } from 'vitest'
import { loggedError } from '../../kernel/log.ts'

test('a failure of the database is logged without the values of the row that it speaks of', () => {
  const detail = 'Key (phone)=(13812341234) already exists.'
  const error = Object.assign(new Error('duplicate key value'), { code: '23505', detail, where: detail })
  const logged = loggedError(error)
  expect(logged).toMatchObject({ message: 'duplicate key value', code: '23505', stack: expect.any(String) })
  expect(JSON.stringify(logged)).not.toContain('138')
})

test('what was thrown without being an error is logged as it is', () => {
  expect(loggedError('gone' as never)).toBe('gone')
})
