import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>
const page = readFileSync('docs/DEPENDENCIES.md', 'utf8')
const development = page.slice(page.indexOf('\nDevelopment: '))

test('docs/DEPENDENCIES.md has each dependency of package.json, and no other', () => {
  const rows = [...page.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name!)
  const named = [...development.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
  expect([...rows, ...named].sort()).toEqual(
    [...Object.keys(dependencies), ...Object.keys(devDependencies)].sort(),
  )
})

test('it names the licence of each that is not under the MIT licence', () => {
  const others = [...Object.keys(dependencies), ...Object.keys(devDependencies)].filter((name) => {
    const { license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'))
    return license !== undefined && license !== 'MIT'
  })
  for (const name of others) expect(page).toContain(`\`${name}\` (`)
})
