import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openEverything } from '../helpers/everything.ts'

/** Each request of a README with the answer that it shows. */
function examples(file: string): { request: string; answer: unknown }[] {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  const pairs = text.matchAll(/```graphql\n([\s\S]*?)```\s*```json\n([\s\S]*?)```/g)
  return [...pairs].map(([, request, answer]) => ({ request: request!, answer: JSON.parse(answer!) }))
}

test.each([
  ['README.md', 'en'],
  ['README.zh-CN.md', 'zh-CN'],
])('the requests of %s get the answers that it shows', async (file, language) => {
  await using huitong = await openEverything()
  const clerk = await huitong.token({ kind: 'clerk', store: 'store-1' })
  const shown = examples(file)
  expect(shown.length).toBe(3)
  for (const { request, answer } of shown) {
    const data = await huitong.ask(clerk, request, {}, { prefer: 'wait=10', 'accept-language': language })
    expect(data).toEqual(answer)
  }
})
