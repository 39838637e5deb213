import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again and again until the condition holds; false when it still does not after `withinMs`. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { withinMs, everyMs = 20 }: { withinMs: number; everyMs?: number },
): Promise<boolean> {
  const end = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > end) return false
    await sleep(everyMs)
  }
  return true
}
