import { openAll } from '../gateway/open-all.ts'
import { systemClock } from '../kernel/clock.ts'
import { readConfig } from '../kernel/config.ts'
import { silentLog } from '../kernel/log.ts'
import { newSecrets, secretsFrom } from '../kernel/secrets.ts'

// The whole of Huitong over a database, in a process of its own; says where it listens and with which token to ask.
const [databaseUrl = ''] = process.argv.slice(2)
const all = await openAll({
  config: readConfig({ HUITONG_POOL_SIZE: '16' }),
  clock: systemClock,
  log: silentLog,
  databaseUrl,
  secrets: secretsFrom(newSecrets()),
})
const url = await all.server.listen({ host: '127.0.0.1', port: 0 })
const answer = await all.server.inject({
  method: 'POST',
  url: '/sandbox/token',
  payload: { kind: 'admin' },
})
process.stdout.write(`${JSON.stringify({ url, token: answer.json<{ token: string }>().token })}\n`)
process.once('SIGTERM', () => void all.close().then(() => process.exit(0)))
