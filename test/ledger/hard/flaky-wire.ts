import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** What a wire does to one message of the ledger to its database. */
export type Fault =
  /** The message is lost, and the connection with it. */
  | 'cut before the request'
  /** The message arrives; nobody hears what came of it. */
  | 'cut after the request'
  /** The message is carried out to the end, and then the connection breaks. */
  | 'cut before the answer'
  /** Half of the message arrives. */
  | 'cut inside the request'

interface Ambush {
  readonly fault: Fault
  /** Found in what the ledger sends. */
  readonly at: RegExp
  left: number
  struck: number
}

/**
 * A wire between a ledger and its PostgreSQL that breaks when it is told to. It reads what passes as text: names of
 * statements and commands stand in it in clear.
 */
export async function openFlakyWire(
  databaseUrl: string,
  options: { startup?: readonly [string, string] } = {},
) {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let ambush: Ambush | undefined
  let delayMs = 0

  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    let first = true
    let answersAwaited = false
    for (const socket of [near, far]) {
      socket.setNoDelay(true)
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        for (const other of [near, far]) if (!answersAwaited || other !== far) other.destroy()
      })
    }
    const cut = () => {
      near.destroy()
      far.destroy()
    }
    near.on('data', (chunk) => {
      const data = first && options.startup ? replaced(chunk, options.startup) : chunk
      first = false
      const pass = () => {
        if (!ambush || ambush.left === 0 || !ambush.at.test(data.toString('latin1'))) return far.write(data)
        ambush.left -= 1
        ambush.struck += 1
        switch (ambush.fault) {
          case 'cut before the request':
            return cut()
          case 'cut inside the request':
            return far.write(data.subarray(0, Math.floor(data.length / 2)), cut)
          case 'cut after the request':
            // Ended, not destroyed: what was sent arrives before the end does.
            answersAwaited = true
            far.end(data)
            return near.destroy()
          case 'cut before the answer':
            answersAwaited = true
            far.removeAllListeners('data')
            far.once('data', cut)
            return far.write(data)
        }
      }
      if (delayMs > 0) setTimeout(pass, delayMs)
      else pass()
    })
    far.on('data', (chunk) => near.write(chunk))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.port = String((server.address() as { port: number }).port)

  return {
    url: url.toString(),
    /** The next so many messages that fit meet the fault. */
    lieInWait(fault: Fault, at: RegExp, count = 1): { readonly struck: number } {
      ambush = { fault, at, left: count, struck: 0 }
      return ambush
    },
    /** From now on each message takes so much longer. */
    delay(ms: number): void {
      delayMs = ms
    },
    /** Every connection breaks at once. */
    cutAll(): void {
      for (const socket of sockets) socket.destroy()
    },
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** Text of the same length in the place of other text. */
function replaced(chunk: Buffer, [old, fresh]: readonly [string, string]): Buffer {
  const text = chunk.toString('latin1')
  if (old.length !== fresh.length || !text.includes(old)) throw new Error(`no ${old} to replace by ${fresh}`)
  return Buffer.from(text.replace(old, fresh), 'latin1')
}
