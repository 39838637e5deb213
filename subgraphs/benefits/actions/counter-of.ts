import type { Principal } from '../../../kernel/auth/principal.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import type { Counter } from '../domain/counter.ts'

/** The counter that a caller stands behind. */
export function counterOf(principal: Principal): Counter {
  switch (principal.kind) {
    case 'partner':
      return { kind: 'partner', partner: principal.partnerId }
    case 'staff':
      return principal.role === 'admin' ? { kind: 'headquarters' } : { kind: 'clerk', store: principal.store }
    case 'service':
      return { kind: 'headquarters' }
    case 'member':
    case 'anonymous':
      throw new ForbiddenError()
  }
}

/** The store that is meant: a clerk's own, who may not name another. */
export function storeAt(counter: Counter, named: string | null | undefined): string | undefined {
  const own = counter.kind === 'clerk' ? counter.store : undefined
  if (own !== undefined && named && named !== own) throw new ForbiddenError('A clerk serves its own store.')
  return own ?? named ?? undefined
}
