import { expect, test } from 'vitest'
import { shared } from '../../gateway/settle.ts'

/** A settling that ends when the test says so. */
function heldSettling() {
  const ends: PromiseWithResolvers<void>[] = []
  const settling = () => {
    const end = Promise.withResolvers<void>()
    ends.push(end)
    return end.promise
  }
  return { ends, settle: shared(settling) }
}

test('a hundred callers at once are settled in two goes, the second begun after the last of them came', async () => {
  const { ends, settle } = heldSettling()
  const first = settle()
  const later = Array.from({ length: 99 }, () => settle())
  expect(ends).toHaveLength(1)

  ends[0]!.resolve()
  await first
  await expect.poll(() => ends.length).toBe(2)
  ends[1]!.resolve()
  await Promise.all(later)
  expect(ends).toHaveLength(2)
})

test('who comes when nothing runs is settled at once, each time', async () => {
  const { ends, settle } = heldSettling()
  for (let time = 0; time < 2; time++) {
    const settled = settle()
    ends[time]!.resolve()
    await settled
  }
  expect(ends).toHaveLength(2)
})

test('a settling that fails tells those who waited for it, and not the next', async () => {
  const { ends, settle } = heldSettling()
  const first = settle()
  const second = settle()
  ends[0]!.reject(new Error('away'))
  await expect(first).rejects.toThrow('away')
  await expect.poll(() => ends.length).toBe(2)
  ends[1]!.resolve()
  await second
})
