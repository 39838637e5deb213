import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { openFederation } from './open-federation.ts'
import { SHOP } from './shop.ts'

const { PATH, NODE_COMPILE_CACHE } = process.env
const run = (args: readonly string[]) =>
  spawn(process.execPath, ['gateway/run-supergraph.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, NODE_COMPILE_CACHE, HUITONG_LOG_LEVEL: 'silent' },
  })

test('npm run gateway serves a supergraph from a file', async () => {
  await using federation = await openFederation(SHOP)
  const folder = await mkdtemp(join(tmpdir(), 'supergraph-'))
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(folder, { recursive: true }))
  const file = join(folder, 'supergraph.graphql')
  await writeFile(file, federation.supergraphSdl)
  const gateway = run(['--supergraph', file, '--port', '0'])
  stack.defer(() => void gateway.kill())
  for await (const line of createInterface(gateway.stdout)) {
    const url = /http:\S+/.exec(line)?.[0] ?? ''
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ book(id: "b1") { title inStock } }' }),
    })
    expect(await response.json()).toEqual({ data: { book: { title: 'Dune', inStock: 3 } } })
    break
  }
})

test.for([
  ['no file', [], /usage: npm run gateway/],
  [
    'a supergraph with rights, which it would not enforce',
    ['--supergraph', 'schema/supergraph.graphql'],
    /SECURITY but is unsupported/,
  ],
] as const)('it says in one line what is wrong: %s', async ([, args, line]) => {
  const gateway = run(args)
  let said = ''
  gateway.stderr.on('data', (chunk) => {
    said += chunk
  })
  const [code] = await once(gateway, 'close')
  expect(code).toBe(1)
  expect(said).toMatch(line)
})
