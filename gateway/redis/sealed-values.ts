import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Redis } from '../../kernel/redis/open-redis.ts'

export interface SealedValues {
  /** Undefined where there is none, or one that nobody of us has written under this name. */
  get<Value>(name: string): Promise<Value | undefined>
  set(name: string, value: unknown, forgetMs: number): Promise<void>
}

/** Values that several gateways share and that nobody else can have written: each bears a keyed digest of its name and text. */
export function sealedValues({ redis, key }: { redis: Redis; key: Buffer }): SealedValues {
  const sealOf = (name: string, text: string): Buffer =>
    createHmac('sha256', key).update(`huitong answers\n${name}\n${text}`).digest()
  return {
    async get<Value>(name: string) {
      const sealed = await redis.get(name)
      if (sealed === undefined) return undefined
      const dot = sealed.indexOf('.')
      const [seal, text] = [Buffer.from(sealed.slice(0, dot), 'base64url'), sealed.slice(dot + 1)]
      const right = sealOf(name, text)
      if (seal.length !== right.length || !timingSafeEqual(seal, right)) return undefined
      return JSON.parse(text) as Value
    },
    set(name, value, forgetMs) {
      const text = JSON.stringify(value)
      return redis.set(name, `${sealOf(name, text).toString('base64url')}.${text}`, forgetMs)
    },
  }
}
