import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Usage } from './report-usage.ts'
import type { Listening } from './said.ts'

const REPORT_USAGE = fileURLToPath(new URL('./report-usage.ts', import.meta.url))
const START_MS = 60_000

/** A process that is measured. */
export interface SetUp extends AsyncDisposable {
  readonly url: string
  readonly token: string | undefined
  usage(): Promise<Usage>
  /** From now on, until `usage` is asked. */
  watch(): void
}

/**
 * Starts a process of the bench, in production mode for whoever looks at that, and waits until it listens. All of them have
 * the options of the bench itself, such as how much memory young objects get.
 */
export async function spawnSetUp(options: {
  file: string
  args: readonly string[]
  /** For a process that does not say so itself: where it will listen, and where it says that it does. */
  listens?: { readonly url: string; readonly health: string }
  folder?: string
}): Promise<SetUp> {
  const { file, args, listens, folder } = options
  const child = spawn(process.execPath, [...process.execArgv, '--import', REPORT_USAGE, file, ...args], {
    cwd: folder,
    // biome-ignore lint/style/noProcessEnv: a process of another needs the same surroundings.
    env: { ...process.env, NODE_ENV: 'production', LOG_LEVEL: 'error', APOLLO_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let written = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    written = (written + text).slice(-4_000)
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${file} ended:\n${written}`)
  })
  ended.catch(() => {})
  const listening = listens ? answers(listens) : said(child)
  const { url, token } = await Promise.race([listening, ended])
  return {
    url,
    token,
    async usage() {
      child.send('usage')
      return (await Promise.race([messageWith<'usage', Usage>(child, 'usage'), ended])) as Usage
    },
    watch() {
      child.send('watch')
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

const said = (child: ChildProcess): Promise<Listening['listening']> =>
  messageWith<'listening', Listening['listening']>(child, 'listening')

async function messageWith<Name extends string, Value>(child: ChildProcess, name: Name): Promise<Value> {
  for (;;) {
    const [message] = (await once(child, 'message')) as [Partial<Record<Name, Value>>]
    if (message[name] !== undefined) return message[name]
  }
}

async function answers({ url, health }: { url: string; health: string }): Promise<Listening['listening']> {
  const patience = performance.now() + START_MS
  while (performance.now() < patience) {
    const healthy = await fetch(health).then(
      ({ ok }) => ok,
      () => false,
    )
    if (healthy) return { url }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${health} does not answer`)
}
