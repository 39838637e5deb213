import { connect } from 'node:net'
import type pg from 'pg'

/** `CancelRequest`: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const LENGTH = 16
const CANCEL_REQUEST_CODE = 80_877_102

interface Connected {
  readonly host: string
  readonly port: number
  readonly processID: number
  readonly secretKey: number
}

/**
 * Asks the server to give up what a connection is at. It may come too late, and then meets what is asked next, so nothing
 * may be asked of the connection any more. That it fails changes nothing: the statement has a time limit of its own.
 */
export function cancelStatement(client: pg.ClientBase): void {
  const { host, port, processID, secretKey } = client as unknown as Connected
  const message = Buffer.alloc(LENGTH)
  message.writeInt32BE(LENGTH, 0)
  message.writeInt32BE(CANCEL_REQUEST_CODE, 4)
  message.writeInt32BE(processID, 8)
  message.writeInt32BE(secretKey, 12)
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
  socket.on('error', () => {})
  socket.end(message)
}
