import type { Principal } from '../../../kernel/auth/principal.ts'
import { storesOf } from '../../../kernel/auth/stores.ts'
import { BadInputError, ForbiddenError } from '../../../kernel/errors.ts'
import type { Counter } from '../domain/counter.ts'

/** The counter that a caller stands behind. */
export function counterOf(principal: Principal): Counter {
  switch (principal.kind) {
    case 'partner':
      return { kind: 'partner', partner: principal.partnerId }
    case 'staff':
      return principal.role === 'admin'
        ? { kind: 'headquarters' }
        : { kind: 'clerk', stores: storesOf(principal) }
    case 'service':
      return { kind: 'headquarters' }
    case 'member':
    case 'anonymous':
      throw new ForbiddenError()
  }
}

/** The store that is meant: a clerk's own, who may not name another. Who serves in several says in which. */
export function storeAt(counter: Counter, named: string | null | undefined): string | undefined {
  const own = counter.kind === 'clerk' ? counter.stores : undefined
  if (own === undefined) return named ?? undefined
  if (named && !own.includes(named)) throw new ForbiddenError('A clerk serves its own store.')
  if (!named && own.length !== 1) throw new BadInputError('store: say in which of your stores.')
  return named ?? own[0]
}
