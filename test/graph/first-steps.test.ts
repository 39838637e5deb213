import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { openEverything } from '../helpers/everything.ts'

const run = promisify(execFile)
const END = '--- end of block ---'

/** The shell blocks of the guide in their order, each with the answer that follows it, if one does. */
function blocks(): { script: string; answer: unknown }[] {
  const text = readFileSync(new URL('../../docs/guides/first-steps.md', import.meta.url), 'utf8')
  return [...text.matchAll(/```sh\n([\s\S]*?)```\n(?:\n```json\n([\s\S]*?)```)?/g)].map(
    ([, script, answer]) => ({
      script: script!,
      answer: answer === undefined ? undefined : JSON.parse(answer),
    }),
  )
}

test('the first steps, typed into a shell one after the other, get the answers that the guide shows', async () => {
  await using huitong = await openEverything()
  // A person's requests are a second apart, each over a connection of its own, and what comes first is shown first.
  huitong.all.server.server.on('connection', () => huitong.clock.advance(1_000))
  const address = await huitong.all.server.listen({ host: '127.0.0.1', port: 0 })
  const steps = blocks()
  expect(steps.length).toBeGreaterThan(8)

  const script = steps.map((step) => `${step.script}echo '${END}'\n`).join('')
  const { stdout } = await run('bash', ['-c', script.replace('http://127.0.0.1:4000', address)])
  const written = stdout.split(END).map((text) => text.trim())

  for (const [n, { script, answer }] of steps.entries()) {
    const got = written[n]
    expect(got ? JSON.parse(got) : undefined, script).toEqual(answer)
  }
})
