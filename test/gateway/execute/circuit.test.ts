import { expect, test } from 'vitest'
import { Circuit } from '../../../gateway/execute/circuit.ts'
import { Patience } from '../../../kernel/values/patience.ts'

/** A subgraph that fails as often as it is told to, at a time that stands still. */
function openSubgraph() {
  const state = { now: 0, failures: 0, calls: 0, takes: 0 }
  const circuit = new Circuit({ now: () => state.now, wait: async () => {} })
  const ask = (kind: 'query' | 'mutation' = 'query') =>
    circuit
      .call(
        async () => {
          state.calls += 1
          state.now += state.takes
          if (state.failures-- > 0) throw new Error('down')
          return 'answer'
        },
        { repeatable: kind === 'query' },
      )
      .catch((error: Error) => error.message)
  return { circuit, state, ask }
}

test('a query that fails at once is repeated once', async () => {
  const { state, ask } = openSubgraph()
  state.failures = 1
  expect(await ask()).toBe('answer')
  state.failures = 2
  expect(await ask()).toBe('down')
  expect(state.calls).toBe(4)
})

test('a mutation is never repeated, nor a query that was slow', async () => {
  const { state, ask } = openSubgraph()
  state.failures = 1
  expect(await ask('mutation')).toBe('down')
  state.failures = 1
  state.takes = 1_000
  expect(await ask()).toBe('down')
  expect(state.calls).toBe(2)
})

test('a subgraph that keeps failing is left alone, and is asked again half a second later', async () => {
  const { state, ask } = openSubgraph()
  state.failures = 5
  for (let count = 0; count < 5; count++) expect(await ask('mutation')).toBe('down')
  expect(await ask()).toMatch('not available')
  expect(state.calls).toBe(5)
  state.now += 500
  expect(await ask()).toBe('answer')
  expect(await ask()).toBe('answer')
  expect(state.calls).toBe(7)
})

test('after the pause one call tries, and the others are refused until it has succeeded', async () => {
  const { state, ask } = openSubgraph()
  state.failures = 6
  for (let count = 0; count < 5; count++) await ask('mutation')
  state.now += 500
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([
    'down',
    expect.stringMatching('not available'),
    expect.stringMatching('not available'),
  ])
  state.now += 500
  expect(await ask()).toBe('answer')
  expect(state.calls).toBe(7)
})

test('who goes away does not count as a failure, and nothing is asked again for them', async () => {
  const { circuit, state, ask } = openSubgraph()
  for (let count = 0; count < 5; count++) {
    const asker = new Patience()
    const gone = circuit.call(
      async () => {
        state.calls += 1
        asker.end()
        throw new Error('nobody waits')
      },
      { repeatable: true, asker },
    )
    await expect(gone).rejects.toThrow('nobody waits')
  }
  expect(state.calls).toBe(5)
  expect(await ask()).toBe('answer')
})
