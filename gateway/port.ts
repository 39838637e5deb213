import { once } from 'node:events'
import { createServer } from 'node:net'

/** Fails at once when somebody listens there, before anything slow has been started in vain. */
export async function assertPortIsFree(host: string, port: number): Promise<void> {
  if (port === 0) return
  const probe = createServer()
  probe.listen({ host, port, exclusive: true })
  await once(probe, 'listening')
  probe.close()
  await once(probe, 'close')
}
