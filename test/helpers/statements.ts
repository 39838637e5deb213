import pg from 'pg'
import { vi } from 'vitest'

/** The names of the statements of a work, in the order of the alphabet. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = []
  const spy = vi.spyOn(pg.Client.prototype, 'query')
  try {
    await work()
    for (const [asked] of spy.mock.calls as unknown as [{ text?: string } | string][]) {
      const text = (typeof asked === 'string' ? asked : asked.text) ?? ''
      names.push(/^\s*\/\* (\w+) \*\//.exec(text)?.[1] ?? text)
    }
  } finally {
    spy.mockRestore()
  }
  return names.filter((name) => !BESIDES.includes(name)).sort()
}

/** Of no request: what is looked at now and then for all, and what is written belatedly of what they saw. */
const BESIDES = ['sessionsEndedSince', 'staffSessionsEndedSince', 'appendAccessRecords']
