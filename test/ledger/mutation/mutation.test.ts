import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LONG, tell } from '../hard/length.ts'
import { bugs } from './bugs.ts'
import { openNursery, places } from './plant.ts'

const HISTORIES = Number(process.env.MUTATION_HISTORIES ?? 600)

test.each(bugs)('a bug can be planted: $name', async (bug) => {
  expect(bug.replace).not.toBe(bug.find)
  // If not, the code has moved on: let the bug in bugs.ts follow it.
  expect([bug.file, bug.find, await places(bug)]).toEqual([bug.file, bug.find, 1])
})

test('bugs have names of their own', () => {
  expect(new Set(bugs.map(({ name }) => name)).size).toBe(bugs.length)
})

describe.runIf(LONG)(`the model test, ${HISTORIES} histories,`, () => {
  let nursery: Awaited<ReturnType<typeof openNursery>>
  const table: Record<string, { caught: string; seconds: number }> = {}
  beforeAll(async () => {
    nursery = await openNursery()
  })
  afterAll(async () => {
    tell(table)
    await nursery[Symbol.asyncDispose]()
  })

  test('passes where nothing is planted', async () => {
    const { passed, said } = await nursery.trial(undefined, HISTORIES)
    expect(passed, said).toBe(true)
  })

  test.each(bugs)('catches: $name', async (bug) => {
    const { caught, seconds, said } = await nursery.trial(bug, HISTORIES)
    table[bug.name] = { caught: caught ? 'yes' : 'NO', seconds: Math.round(seconds) }
    expect(caught, said).toBe(true)
  })
})
