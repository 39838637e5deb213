import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/**
 * `npm run conformance`: Huitong measured by what others measure servers and schemas by. The last line is
 * "N passed, N failed".
 */
const ROOT = join(import.meta.dirname, '../..')
const INSTALL = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts']

for (const folder of [import.meta.dirname, join(ROOT, 'bench/peers')]) {
  if (existsSync(join(folder, 'node_modules'))) continue
  process.stdout.write(`installing what ${folder.slice(ROOT.length + 1)} names, once\n`)
  await promisify(execFile)('npm', INSTALL, { cwd: folder })
}

const folder = await mkdtemp(join(tmpdir(), 'conformance-'))
const report = join(folder, 'report.json')
const vitest = spawn(
  process.execPath,
  [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    'vitest.conformance.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ],
  { cwd: ROOT, stdio: 'inherit' },
)
const [code] = await once(vitest, 'exit')
const { numPassedTests = 0, numTotalTests = 0 } = JSON.parse(
  await readFile(report, 'utf8').catch(() => '{}'),
) as { numPassedTests?: number; numTotalTests?: number }
await rm(folder, { recursive: true, force: true })
process.stdout.write(`${numPassedTests} passed, ${numTotalTests - numPassedTests} failed\n`)
process.exitCode = code === 0 && numTotalTests > 0 ? 0 : 1
