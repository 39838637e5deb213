import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import type { Ask } from './open-ledger.ts'

/** Starts the gateway with all subgraphs in another process; asks go to it over so many connections. */
export async function openGateway(databaseUrl: string, connections: number) {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./gateway-process.ts', import.meta.url)), databaseUrl],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => {
      throw new Error('the gateway did not start')
    }),
  ])) as [string]
  const { url, token } = JSON.parse(line) as { url: string; token: string }
  const pool = new Pool(url, { connections, pipelining: 1 })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const ask: Ask = async (query, variables = {}) => {
    const { body } = await pool.request({
      method: 'POST',
      path: '/graphql',
      headers,
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = (await body.json()) as { data: never; errors?: { message: string }[] }
    if (errors) throw new Error(errors[0]!.message)
    return data
  }
  return {
    ask,
    async [Symbol.asyncDispose](): Promise<void> {
      await pool.close()
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
