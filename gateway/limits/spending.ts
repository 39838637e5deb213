import { type Principal, principalName } from '../../kernel/auth/principal.ts'
import type { Config } from '../../kernel/config.ts'
import { RateLimitedError } from '../../kernel/errors.ts'
import type { Budgets } from './budgets.ts'

/** Takes what a request costs from the budget of its caller and of the address that it comes from. */
export type Spending = (
  caller: { readonly principal: Principal; readonly address?: string },
  cost: number,
) => undefined | Promise<undefined>

/** Throws or rejects with `RATE_LIMITED` and when to try again. A limit of 0 is none. */
export function openSpending(budgets: Budgets, perMinute: Config['costPerMinute']): Spending {
  return ({ principal, address }, cost) => {
    const { kind } = principal
    // Members share addresses by the thousand; a partner's or a till's back end has a budget of its own.
    const byAddress = kind === 'anonymous' || kind === 'member' ? perMinute.address : 0
    const own = kind === 'anonymous' ? 0 : perMinute[kind]
    const wait =
      byAddress > 0 && address !== undefined
        ? budgets.spend(`address:${address}`, cost, byAddress)
        : undefined
    const ownWait = own > 0 ? budgets.spend(principalName(principal), cost, own) : undefined
    if (wait instanceof Promise || ownWait instanceof Promise) {
      return Promise.all([wait, ownWait]).then((both) => refuse(...both))
    }
    return refuse(wait, ownWait)
  }
}

function refuse(wait = 0, ownWait = 0): undefined {
  const seconds = Math.max(wait, ownWait)
  if (seconds > 0) throw new RateLimitedError(seconds)
}
