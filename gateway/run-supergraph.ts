import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { errorCauses } from '@apollo/federation-internals'
import { systemClock } from '../kernel/clock.ts'
import { ConfigError, readConfig } from '../kernel/config.ts'
import { openLog } from '../kernel/log.ts'
import { openSupergraph } from './open-supergraph.ts'
import { runProcess } from './run.ts'

/** A gateway over a supergraph of one's own: `npm run gateway -- --supergraph FILE [--port 4000]`. */
await runProcess(async (opened) => {
  const { values } = parseArgs({ options: { supergraph: { type: 'string' }, port: { type: 'string' } } })
  if (!values.supergraph) throw new ConfigError('usage: npm run gateway -- --supergraph FILE [--port 4000]')
  const port = values.port === undefined ? {} : { PORT: values.port }
  // biome-ignore lint/style/noProcessEnv: the option goes before the variable of the same meaning.
  const config = readConfig({ ...process.env, ...port }, { required: [] })
  const log = openLog({ level: config.logLevel, name: 'gateway' })
  const supergraphSdl = await readFile(values.supergraph, 'utf8')
  const { executor, planner } = config
  const server = await openSupergraph({ supergraphSdl, executor, planner, clock: systemClock, log }).catch(
    explain,
  )
  opened.defer(() => server.close())
  const url = await server.listen({ host: config.host, port: config.port })
  process.stdout.write(`The gateway listens at ${url}/graphql\n`)
})

/** What is wrong with a supergraph is a list. */
function explain(error: unknown): never {
  const causes = error instanceof Error ? errorCauses(error) : undefined
  throw causes ? new ConfigError(causes.map(({ message }) => message).join('; ')) : error
}
