import { hash } from 'node:crypto'

/** JSON with sorted keys, without `undefined`, with bigint as text: equal values give equal bytes. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'bigint') return JSON.stringify(value.toString())
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`)
  return `{${fields.join(',')}}`
}

export const sha256 = (content: string | Uint8Array): Buffer => hash('sha256', content, 'buffer')

/** Tells two commands with one idempotency key apart: equal bodies have equal digests. */
export const bodyDigest = (body: unknown): Buffer => sha256(canonicalJson(body))
