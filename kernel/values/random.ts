import { randomFillSync } from 'node:crypto'

/** Random bytes for some hundred ids at a time: asking for 16 costs as much as asking for so many. */
const random = Buffer.alloc(4_096)
let used = random.length

/** Random bytes, at most 64; each is given out once. */
export function randomBytes(count: number): Buffer {
  if (used + count > random.length) {
    randomFillSync(random)
    used = 0
  }
  const bytes = Buffer.from(random.subarray(used, used + count))
  random.fill(0, used, used + count)
  used += count
  return bytes
}
