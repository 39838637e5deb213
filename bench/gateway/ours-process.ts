import { openApollo } from '../../gateway/apollo.ts'
import type { IdentityDoor } from '../../gateway/identity-door.ts'
import { openProtection } from '../../gateway/protection.ts'
import { openServer } from '../../gateway/server.ts'
import { tokenSigner } from '../../kernel/auth/access-token.ts'
import { systemClock } from '../../kernel/clock.ts'
import { type Config, readConfig, SUBGRAPH_NAMES } from '../../kernel/config.ts'
import { START } from '../../kernel/events/event.ts'
import { silentLog } from '../../kernel/log.ts'
import { localPeers, type Peers, remotePeers } from '../../kernel/peers.ts'
import { newSecrets, secretsFrom } from '../../kernel/secrets.ts'
import { fakeSubgraph, supergraphOver } from './fake-subgraphs.ts'
import { given, type SubgraphUrls, sayListening } from './said.ts'

// Huitong's gateway as it is served: tokens verified, rights checked, metrics counted. With the subgraphs in this process
// or, where their address is given, over HTTP, each call signed.
const { port, subgraphs } = given()
const secrets = secretsFrom(newSecrets())
const signer = tokenSigner(newSecrets().token)
const config: Config = readConfig({ HUITONG_LOG_LEVEL: 'silent' })
const peers = subgraphs ? overHttp(subgraphs) : inProcess()
const protection = await openProtection({ config, clock: systemClock, log: silentLog })
const graph = await openApollo({
  supergraphSdl: supergraphOver((name) => `http://${name}`),
  peers,
  remote: subgraphs !== undefined,
  mode: config.mode,
  executor: config.executor,
  spend: protection.spend,
  log: silentLog,
})
const server = openServer({
  config,
  graph,
  protection,
  peers,
  // What is not asked for here is not there.
  identity: {
    tokenKeys: () => signer.publicKeys(),
    endedSessions: async () => [],
  } as Partial<IdentityDoor> as IdentityDoor,
  clock: systemClock,
  log: silentLog,
  settle: async () => {},
  sandbox: { timeMachine: undefined },
})
const url = await server.listen({ host: '127.0.0.1', port })
const admin = { kind: 'staff', staffId: 'bench', role: 'admin' } as const
sayListening(url, await signer.sign(admin, { now: systemClock.now(), seconds: 3_600 }))

function inProcess(): Peers {
  const local = localPeers(systemClock)
  for (const name of SUBGRAPH_NAMES) {
    local.add(name, {
      feed: { read: async () => [], hasNewer: async () => false, end: async () => START },
      execute: fakeSubgraph(name),
    })
  }
  return local
}

function overHttp(urls: SubgraphUrls): Peers {
  return remotePeers({ urls, linkKey: secrets.link, clock: systemClock })
}
