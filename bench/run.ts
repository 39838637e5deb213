import { parseArgs } from 'node:util'
import { reportAndExit } from '../kernel/process.ts'
import { benchGateway } from './gateway.ts'
import { benchIdentity } from './identity.ts'
import { benchLedger } from './ledger.ts'

const benches = { gateway: benchGateway, identity: benchIdentity, ledger: benchLedger } as const

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false } },
})
const name = positionals[0] ?? ''
const bench = name in benches ? benches[name as keyof typeof benches] : undefined
if (!bench) {
  process.stderr.write(`usage: npm run bench -- ${Object.keys(benches).join('|')} [--quick]\n`)
  process.exit(2)
}
await bench({ quick: values.quick }).catch(reportAndExit)
