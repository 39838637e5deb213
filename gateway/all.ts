import { systemClock } from '../kernel/clock.ts'
import { type Config, readConfig } from '../kernel/config.ts'
import { openEmbeddedPostgres } from '../kernel/db/embedded/open-embedded-postgres.ts'
import { type Logger, openLog } from '../kernel/log.ts'
import { openSecrets } from '../kernel/secrets.ts'
import { openTelemetry } from '../kernel/telemetry/open-telemetry.ts'
import { firstScreen } from './first-screen.ts'
import { openKeptClock } from './kept-clock.ts'
import { assertPortIsFree } from './port.ts'
import { publishPreset } from './preset.ts'
import { runProcess } from './run.ts'

/** Everything in one process: `npm start`. */
await runProcess(async (opened, stopping) => {
  const config = readConfig()
  const sandbox = config.mode === 'sandbox'
  const log = openLog({ level: config.logLevel, name: 'huitong' })
  await assertPortIsFree(config.host, config.port)
  // Loaded when nothing is in its way, so that what is wrong with the call is said at once.
  const { openAll } = await import('./open-all.ts')
  opened.use(await openTelemetry(config, { service: 'all', edge: true }))
  const secrets = openSecrets(config)

  const database = config.databaseUrl
    ? { url: config.databaseUrl, place: placeOf(config.databaseUrl) }
    : await startDatabase(config, opened, log)
  const databaseUrl = database.url
  stopping.throwIfAborted()
  const clock = sandbox ? await openKeptClock(databaseUrl) : systemClock
  const all = opened.use(await openAll({ config, clock, log, databaseUrl, secrets }))
  stopping.throwIfAborted()

  const graph = all.peers.clientFor('gateway')
  // A brand's own books begin with its own programme, so only the sandbox gets one unasked.
  if (sandbox) {
    await publishPreset(graph)
    await all.settle()
  }
  await all.startBackground()
  stopping.throwIfAborted()
  const url = await all.server.listen({ host: config.host, port: config.port })
  process.stdout.write(
    sandbox
      ? await firstScreen({ url, data: database.place, now: clock.now(), graph, identity: all.identity })
      : `Huitong listens at ${url}\n`,
  )
})

/** The embedded database; its place is in the data directory or, if the server's user cannot enter that, elsewhere. */
async function startDatabase(
  config: Config,
  opened: AsyncDisposableStack,
  log: Logger,
): Promise<{ url: string; place: string }> {
  const database = await openEmbeddedPostgres({
    dataDir: config.dataDir,
    onLog: (line) => log.debug({ line }, 'postgres'),
  })
  opened.use(database)
  return { url: database.url, place: database.directory }
}

/** A database's address without the user and the password. */
function placeOf(databaseUrl: string): string {
  const { protocol, host, pathname } = URL.parse(databaseUrl) ?? {
    protocol: 'postgres:',
    host: '',
    pathname: '',
  }
  return `${protocol}//${host}${pathname}`
}
