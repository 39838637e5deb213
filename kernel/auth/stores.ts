import { BadInputError, ForbiddenError } from '../errors.ts'
import type { Principal } from './principal.ts'

/** The stores in which a caller may serve; undefined: in all. */
export function storesOf(principal: Principal): readonly string[] | undefined {
  if (principal.kind !== 'staff') return undefined
  const { node, stores, store } = principal
  if (node !== undefined) return stores ?? []
  return store === undefined ? undefined : [store]
}

/** The store that a call is about: who serves in one need not name it, and nobody names one where it does not serve. */
export function storeActedIn(principal: Principal, named: string | null | undefined): string | undefined {
  const stores = storesOf(principal)
  if (stores === undefined) return named ?? undefined
  if (named) {
    if (!stores.includes(named)) throw new ForbiddenError('Staff serve in their own store.')
    return named
  }
  if (stores.length !== 1) throw new BadInputError('store: say in which of your stores.')
  return stores[0]
}

/** The node of the organisation that bounds what a caller sees; undefined: nothing does. */
export const nodeOf = (principal: Principal): string | undefined =>
  principal.kind === 'staff' ? principal.node : undefined
