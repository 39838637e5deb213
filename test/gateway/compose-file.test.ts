import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readConfig, SUBGRAPH_NAMES, VARIABLES } from '../../kernel/config.ts'
import { newSecrets } from '../../kernel/secrets.ts'

interface Service {
  readonly image: string
  readonly build?: string
  readonly command?: string[]
  readonly environment: Record<string, string>
  readonly ports?: string[]
  readonly depends_on?: Record<string, { condition: string }>
  readonly healthcheck?: { test: string[] }
}

const file = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}
const parts = [...SUBGRAPH_NAMES, 'gateway']
const { master, index, link, token } = newSecrets()
const dotEnv: Record<string, string> = {
  POSTGRES_PASSWORD: 'p',
  HUITONG_MASTER_KEY: master,
  HUITONG_INDEX_KEY: index,
  HUITONG_LINK_KEY: link,
  HUITONG_TOKEN_KEY: token,
}

/** `${NAME:?message}` and `${NAME:-default}`, as Compose puts values in. */
const interpolated = (text: string): string =>
  text.replace(/\$\{(\w+):([?-])([^}]*)\}/g, (_, name: string, kind: string, rest: string) => {
    if (kind === '?' && dotEnv[name] === undefined) throw new Error(`${name} is not in .env`)
    return dotEnv[name] ?? rest
  })

const environmentOf = (name: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(file.services[name]!.environment).map(([key, value]) => [key, interpolated(value)]),
  )

test('it has the database, the four subgraphs and the gateway', () => {
  expect(Object.keys(file.services).sort()).toEqual([...parts, 'postgres'].sort())
})

describe.for(parts)('%s', (name) => {
  const service = file.services[name]!

  test('runs its own main.ts', () => {
    const main = name === 'gateway' ? 'gateway/main.ts' : `subgraphs/${name}/main.ts`
    expect(service.command).toEqual(['node', main])
    expect(existsSync(main)).toBe(true)
  })

  test('is given variables that exist, and all that production asks of it', () => {
    const environment = environmentOf(name)
    expect(Object.keys(environment).filter((key) => !VARIABLES.includes(key as never))).toEqual([])
    const required = name === 'gateway' ? ['HUITONG_LINK_KEY' as const] : undefined
    expect(readConfig(environment, { required }).mode).toBe('production')
  })

  test('finds the others where they listen', () => {
    const { PORT, HOST, ...environment } = environmentOf(name)
    expect(HOST).toBe('0.0.0.0')
    for (const other of SUBGRAPH_NAMES) {
      expect(environment[`${other.toUpperCase()}_URL`]).toBe(`http://${other}:${environmentOf(other).PORT}`)
    }
    expect(service.healthcheck!.test.join(' ')).toContain(`http://127.0.0.1:${PORT}/health/ready`)
  })

  test('waits until what it needs is healthy', () => {
    const needs = name === 'gateway' ? [...SUBGRAPH_NAMES] : ['postgres']
    expect(service.depends_on).toEqual(
      Object.fromEntries(needs.map((need) => [need, { condition: 'service_healthy' }])),
    )
    for (const need of needs) expect(file.services[need]!.healthcheck).toBeDefined()
  })
})

test('only the gateway can be reached from outside', () => {
  const open = Object.entries(file.services).filter(([, { ports }]) => ports !== undefined)
  expect(open.map(([name, { ports }]) => [name, ports])).toEqual([['gateway', ['4000:4000']]])
})

test('no secret stands in the file', () => {
  for (const service of Object.values(file.services)) {
    for (const [name, value] of Object.entries(service.environment)) {
      if (/KEY|PASSWORD/.test(name)) expect(value).toMatch(/^\$\{\w+:\?/)
    }
  }
})

test('the database is PostgreSQL 18 and keeps its data in a volume', () => {
  const { image, environment } = file.services.postgres!
  expect(image).toBe('postgres:18')
  const url = new URL(environmentOf('ledger').DATABASE_URL!)
  expect([url.hostname, url.username, url.pathname]).toEqual([
    'postgres',
    environment.POSTGRES_USER,
    `/${environment.POSTGRES_DB}`,
  ])
  expect(Object.keys(file.volumes)).toEqual(['postgres'])
})

describe('the image', () => {
  const dockerfile = readFileSync('Dockerfile', 'utf8')

  test('has the folders that the parts are made of', () => {
    const copied = [...dockerfile.matchAll(/^COPY (\w+) \1$/gm)].map(([, folder]) => folder!)
    expect(copied).toEqual(expect.arrayContaining(['kernel', 'schema', 'subgraphs', 'gateway', 'programs']))
    for (const folder of copied) expect(existsSync(folder)).toBe(true)
  })

  test('is for the Node that the package asks for, runs as nobody special, and starts all in one', () => {
    expect(dockerfile).toMatch(/^FROM node:24-slim$/m)
    expect(dockerfile).toMatch(/^RUN npm ci --omit=dev/m)
    expect(dockerfile).toMatch(/^USER node$/m)
    expect(dockerfile).toMatch(/^CMD \["node", "gateway\/all\.ts"\]$/m)
  })
})
