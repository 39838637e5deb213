import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigError, readConfig, VARIABLES } from '../../kernel/config.ts'

const table = readFileSync('docs/CONFIGURATION.md', 'utf8').matchAll(/^\| `([A-Z_]+)` +\|/gm)

test('the table in the docs has every variable, in order, and no other', () => {
  expect([...table].map(([, name]) => name)).toEqual(VARIABLES)
})

test.for([
  ['a port that is none', { PORT: '99999' }, /^PORT: /],
  ['a database of another kind', { DATABASE_URL: 'mysql://x' }, /^DATABASE_URL: must begin with postgres/],
  ['a short key', { HUITONG_LINK_KEY: 'c2hvcnQ=' }, /^HUITONG_LINK_KEY: must be 32 bytes in base64/],
  ['production without its keys', { NODE_ENV: 'production' }, /^HUITONG_MASTER_KEY: must be set/],
  ['a sandbox for everyone', { HOST: '0.0.0.0' }, /^HOST: the sandbox gives tokens to anyone/],
  ['an address that is none', { LEDGER_URL: 'ledger' }, /^LEDGER_URL: /],
] as const)('%s is one line that names the variable', ([, env, line]) => {
  const read = () => readConfig(env)
  expect(read).toThrow(ConfigError)
  expect(read).toThrow(line)
})

test('an empty variable counts as not set', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: '' })).toMatchObject({ port: 4000, databaseUrl: undefined })
})

test('the gateway alone asks production for no key but the link key', () => {
  const link = Buffer.alloc(32).toString('base64')
  const config = readConfig(
    { NODE_ENV: 'production', HUITONG_LINK_KEY: link },
    { required: ['HUITONG_LINK_KEY'] },
  )
  expect(config.mode).toBe('production')
})
