import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** As much of Redis as the gateway uses, in this process and over its protocol: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
export async function openFakeRedis(port = 0) {
  const values = new Map<string, string>()
  const commands: string[][] = []
  const sockets = new Set<Socket>()

  const run = ([name = '', ...args]: string[]): string => {
    const [key = '', value = ''] = args
    switch (name.toUpperCase()) {
      case 'INCRBY':
        values.set(key, String(Number(values.get(key) ?? 0) + Number(value)))
        return `:${values.get(key)}\r\n`
      case 'PEXPIRE':
        return ':1\r\n'
      case 'GET':
        return bulk(values.get(key))
      case 'SET':
        if (args.includes('NX') && values.has(key)) return '$-1\r\n'
        values.set(key, value)
        return '+OK\r\n'
      default:
        return '+OK\r\n'
    }
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    let text = ''
    let queued: string[][] | undefined
    // A character for each byte.
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      for (;;) {
        const read = readCommand(text)
        if (!read) return
        text = text.slice(read.length)
        commands.push(read.command)
        const name = read.command[0]!.toUpperCase()
        if (name === 'MULTI') {
          queued = []
          socket.write('+OK\r\n')
        } else if (name === 'EXEC') {
          const answers = queued!.map(run)
          queued = undefined
          socket.write(`*${answers.length}\r\n${answers.join('')}`)
        } else if (queued) {
          queued.push(read.command)
          socket.write('+QUEUED\r\n')
        } else socket.write(run(read.command))
      }
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: bound } = server.address() as { port: number }
  return {
    url: `redis://127.0.0.1:${bound}`,
    values,
    commands,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const bulk = (value: string | undefined): string =>
  value === undefined ? '$-1\r\n' : `$${Buffer.byteLength(value)}\r\n${value}\r\n`

/** An array of bulk strings, of which each byte is a character. */
function readCommand(text: string): { command: string[]; length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text)
  if (!head) return undefined
  let at = head[0].length
  const command: string[] = []
  for (let left = Number(head[1]); left > 0; left--) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at))
    if (!size) return undefined
    at += size[0].length
    const end = at + Number(size[1])
    if (text.length < end + 2) return undefined
    command.push(Buffer.from(text.slice(at, end), 'latin1').toString())
    at = end + 2
  }
  return { command, length: at }
}
