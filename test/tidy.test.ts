import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Who may import whom. The longest prefix that matches a file is its row; targets are prefixes, too. */
const arrows: readonly (readonly [from: string, targets: readonly string[]])[] = [
  ['kernel/values/', ['kernel/values/']],
  ['kernel/clock.ts', ['kernel/values/']],
  ['kernel/errors.ts', ['kernel/values/']],
  ['kernel/config.ts', ['kernel/values/']],
  ['kernel/deadlines.ts', []],
  ['kernel/telemetry/', ['kernel/values/', 'kernel/config.ts', 'kernel/deadlines.ts', 'kernel/telemetry/']],
  ['kernel/log.ts', ['kernel/values/', 'kernel/telemetry/trace.ts']],
  ['kernel/process.ts', ['kernel/values/']],
  ['kernel/secrets.ts', ['kernel/values/', 'kernel/config.ts']],
  ['kernel/conditions/', ['kernel/values/', 'kernel/conditions/']],
  ['kernel/db/', ['kernel/values/', 'kernel/config.ts', 'kernel/log.ts', 'kernel/telemetry/', 'kernel/db/']],
  ['kernel/auth/', ['kernel/values/', 'kernel/errors.ts', 'kernel/auth/']],
  ['kernel/commands/', ['kernel/values/', 'kernel/errors.ts', 'kernel/db/', 'kernel/commands/']],
  ['kernel/members/', ['kernel/values/', 'kernel/db/', 'kernel/members/']],
  ['kernel/programs/', ['kernel/values/', 'kernel/errors.ts', 'kernel/db/', 'kernel/programs/']],
  ['kernel/events/', ['kernel/values/', 'kernel/clock.ts', 'kernel/log.ts', 'kernel/db/', 'kernel/events/']],
  ['kernel/jobs/', ['kernel/values/', 'kernel/log.ts', 'kernel/db/', 'kernel/jobs/']],
  [
    'kernel/graphql/',
    [
      'kernel/values/',
      'kernel/auth/',
      'kernel/clock.ts',
      'kernel/config.ts',
      'kernel/db/',
      'kernel/errors.ts',
      'kernel/graphql/',
      'kernel/log.ts',
      'kernel/secrets.ts',
    ],
  ],
  ['kernel/', ['kernel/']],
  ['schema/events/', ['schema/events/']],
  ['schema/rights.ts', ['kernel/auth/roles.ts', 'kernel/graphql/rights.ts']],
  ['schema/', ['schema/', 'kernel/values/']],
  ...['identity', 'ledger', 'benefits', 'campaigns'].flatMap(
    (name): (readonly [string, readonly string[]])[] => [
      [
        `subgraphs/${name}/domain/`,
        [
          `subgraphs/${name}/domain/`,
          'kernel/values/',
          'kernel/conditions/',
          'kernel/graphql/refusal.ts',
          'schema/events/',
          'schema/program.schema.json',
        ],
      ],
      [
        `subgraphs/${name}/store/`,
        [`subgraphs/${name}/store/`, `subgraphs/${name}/domain/`, 'kernel/', 'schema/events/'],
      ],
      [`subgraphs/${name}/`, [`subgraphs/${name}/`, 'kernel/', 'schema/events/']],
    ],
  ),
  ['gateway/all.ts', ['gateway/', 'kernel/', 'subgraphs/*/index.ts']],
  ['gateway/open-all.ts', ['gateway/', 'kernel/', 'subgraphs/*/index.ts']],
  ['gateway/cache/', ['gateway/', 'kernel/', 'schema/events/', 'schema/contract.ts']],
  ['gateway/subscriptions/', ['gateway/', 'kernel/', 'schema/events/', 'schema/contract.ts']],
  ['gateway/', ['gateway/', 'kernel/', 'schema/contract.ts']],
  ['cli/', ['cli/', 'kernel/', 'subgraphs/*/index.ts']],
  [
    'bench/',
    [
      'bench/',
      'kernel/',
      'subgraphs/*/index.ts',
      'subgraphs/ledger/actions/post-batch.ts',
      'gateway/',
      'schema/compose.ts',
    ],
  ],
]

const IMPORT = /(?:^|\n)\s*(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"](\.[^'"]+)['"]/g
const DYNAMIC = /import\(\s*['"](\.[^'"]+)['"]\s*\)/g

function importsOf(file: string, source: string): string[] {
  return [...source.matchAll(IMPORT), ...source.matchAll(DYNAMIC)].map((match) =>
    normalize(join(dirname(file), match[1]!)),
  )
}

const fits = (file: string, target: string): boolean =>
  target.includes('*')
    ? new RegExp(`^${target.replaceAll('.', '\\.').replaceAll('*', '[^/]+')}$`).test(file)
    : file.startsWith(target)

function wrongImports(file: string, source: string): string[] {
  const row = arrows.filter(([from]) => file.startsWith(from)).sort((a, b) => b[0].length - a[0].length)[0]
  if (!row) return [`${file} belongs to no row of the table`]
  return importsOf(file, source)
    .filter((target) => !row[1].some((allowed) => fits(target, allowed)))
    .map((target) => `${file} -> ${target}`)
}

const files = globSync('{kernel,schema,subgraphs,gateway,cli,bench}/**/*.ts', {
  cwd: root,
  exclude: (path) => path.endsWith('node_modules'),
}).map((file) => relative('.', file))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

test('imports go only where the table of layers lets them', () => {
  expect(files.length).toBeGreaterThan(100)
  expect(files.flatMap((file) => wrongImports(file, read(file)))).toEqual([])
})

test.each([
  ['subgraphs/ledger/domain/earn.ts', `import { x } from '../store/reads.ts'`],
  ['subgraphs/ledger/actions/post.ts', `import { identity } from '../../identity/index.ts'`],
  ['kernel/values/points.ts', `import { readConfig } from '../config.ts'`],
  ['kernel/db/migrate.ts', `import { publish } from '../events/publish.ts'`],
  ['gateway/main.ts', `import { ledger } from '../subgraphs/ledger/index.ts'`],
  ['gateway/all.ts', `import { post } from '../subgraphs/ledger/actions/post.ts'`],
  ['kernel/peers.ts', `import { openGraph } from '../test/helpers/graph.ts'`],
  ['cli/huitong.ts', `const it = await import('../test/helpers/graph.ts')`],
])('a wrong import planted in %s is seen', (file, line) => {
  expect(wrongImports(file, `${line}\n`)).toHaveLength(1)
})

test('no two files import each other, not even in a ring', () => {
  const graph = new Map(files.map((file) => [file, importsOf(file, runtimeOnly(read(file)))]))
  const done = new Set<string>()
  const rings: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) rings.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    else if (!done.has(file)) {
      for (const target of graph.get(file) ?? []) visit(target, [...path, file])
      done.add(file)
    }
  }
  for (const file of files) visit(file, [])
  expect(rings).toEqual([])
})

/** Types are gone at run time, so a ring of types is none. */
const runtimeOnly = (source: string): string =>
  source.replace(/(^|\n)\s*(?:import|export)\s+type\s[^;]*?from\s+['"][^'"]+['"]/g, '$1')

test('no mark of unfinished work is left behind', () => {
  expect(files.filter((file) => /\b(TODO|FIXME|XXX|HACK)\b/.test(read(file)))).toEqual([])
})

test('no file is called after nothing in particular', () => {
  const vague = /(^|\/)(utils?|helpers?|managers?|common|misc)(\/|\.ts$)/
  expect(files.filter((file) => vague.test(file))).toEqual([])
})
