import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { Program } from './program.ts'

export type BurnRefusal =
  | 'POINTS_NOT_POSITIVE'
  | 'BURN_NOT_OFFERED'
  | 'BELOW_MINIMUM_SPEND'
  | 'POINTS_NOT_CONVERTIBLE'
  | 'EXCEEDS_BILL'
  | 'INSUFFICIENT_POINTS'

/** What points pay of a bill, in minor units, or why they may not. Guards stand in order of precedence. */
export function burnOffset(
  { burn }: Pick<Program, 'burn'>,
  { points, bill, available }: { points: bigint; bill: bigint; available: bigint },
): Result<bigint, BurnRefusal> {
  if (points <= 0n) return fail('POINTS_NOT_POSITIVE', { path: ['points'] })
  if (!burn) return fail('BURN_NOT_OFFERED')
  if (bill < burn.minimumSpend) return fail('BELOW_MINIMUM_SPEND', { path: ['bill'] })
  if ((points * burn.money) % burn.points !== 0n) return fail('POINTS_NOT_CONVERTIBLE', { path: ['points'] })
  const offset = (points * burn.money) / burn.points
  if (offset > bill) return fail('EXCEEDS_BILL', { path: ['points'] })
  if (points > available) {
    return fail('INSUFFICIENT_POINTS', { path: ['points'], details: { available: available.toString() } })
  }
  return ok(offset)
}
