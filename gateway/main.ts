import { systemClock } from '../kernel/clock.ts'
import { ConfigError, readConfig, SUBGRAPH_NAMES, type Variable } from '../kernel/config.ts'
import { openLog } from '../kernel/log.ts'
import { remotePeers } from '../kernel/peers.ts'
import { openSecrets } from '../kernel/secrets.ts'
import { openTelemetry } from '../kernel/telemetry/open-telemetry.ts'
import { followSupergraph } from './follow-supergraph.ts'
import { openGateway } from './open-gateway.ts'
import { runProcess } from './run.ts'
import { settleUnseen } from './settle.ts'
import { readSupergraph, SUPERGRAPH_FILE } from './supergraph.ts'

/** The gateway alone, its subgraphs elsewhere: `node gateway/main.ts`. It has no database, and of the keys only one. */
await runProcess(async (opened) => {
  const config = readConfig(undefined, { required: ['HUITONG_LINK_KEY'] })
  const unknown = SUBGRAPH_NAMES.find((name) => config.subgraphUrls[name] === undefined)
  if (unknown) throw new ConfigError(`${urlVariable(unknown)}: must be set to run the gateway alone`)

  const log = openLog({ level: config.logLevel, name: 'gateway' })
  opened.use(await openTelemetry(config, { service: 'gateway', edge: true }))
  const clock = systemClock
  const linkKey =
    config.mode === 'sandbox' ? openSecrets(config).link : Buffer.from(config.keys.link!, 'base64')
  const peers = opened.use(remotePeers({ urls: config.subgraphUrls, linkKey, clock }))
  const file = config.supergraph ?? SUPERGRAPH_FILE
  const { graph, server } = await openGateway(opened, {
    config,
    supergraphSdl: readSupergraph(file),
    peers,
    remote: true,
    clock,
    log,
    linkKey,
    settle: settleUnseen,
  })
  opened.use(followSupergraph({ file, log, goOver: graph.goOver }))
  const url = await server.listen({ host: config.host, port: config.port })
  log.info({ url }, 'gateway listens')
})

function urlVariable(name: string): Variable {
  return `${name.toUpperCase()}_URL` as Variable
}
