import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { later, within } from '../../kernel/deadlines.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const late = () => new Error('late')
const never = <T>() => new Promise<T>(() => {})

test('who does not come in time is late, each at its own time', async () => {
  const said: string[] = []
  const wait = (name: string) => within(100, never(), late).catch(() => said.push(name))
  wait('a')
  await vi.advanceTimersByTimeAsync(60)
  wait('b')
  await vi.advanceTimersByTimeAsync(39)
  expect(said).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(said).toEqual(['a'])
  await vi.advanceTimersByTimeAsync(60)
  expect(said).toEqual(['a', 'b'])
  wait('c')
  await vi.advanceTimersByTimeAsync(100)
  expect(said).toEqual(['a', 'b', 'c'])
})

test('who comes in time is heard, and who fails in time fails as it did', async () => {
  await expect(within(100, Promise.resolve(7), late)).resolves.toBe(7)
  await expect(within(100, Promise.reject(new Error('own')), late)).rejects.toThrow('own')
  await vi.advanceTimersByTimeAsync(200)
  expect(vi.getTimerCount()).toBe(0)
})

test('where nothing is said of being late, it is waited for on', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const waiting = within(100, promise, () => undefined)
  await vi.advanceTimersByTimeAsync(500)
  resolve('at last')
  await expect(waiting).resolves.toBe('at last')
})

test('whoever leaves, first, last or in between, leaves the others waiting', async () => {
  const said: string[] = []
  const leave = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((name) => [name, later(100, () => said.push(name))]),
  )
  leave.b!()
  leave.b!()
  leave.a!()
  leave.d!()
  later(100, () => said.push('e'))
  await vi.advanceTimersByTimeAsync(100)
  expect(said).toEqual(['c', 'e'])
  leave.c!()
  later(100, () => said.push('f'))
  await vi.advanceTimersByTimeAsync(100)
  expect(said).toEqual(['c', 'e', 'f'])
})
