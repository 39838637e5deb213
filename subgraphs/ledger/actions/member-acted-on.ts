import type { Principal } from '../../../kernel/auth/principal.ts'
import { BadInputError, ForbiddenError } from '../../../kernel/errors.ts'

/** A member acts on itself and may leave its id out; everyone else names whom they act on. */
export function memberActedOn(principal: Principal, named: string | null | undefined): string {
  if (principal.kind === 'member') {
    if (named && named !== principal.memberId) throw new ForbiddenError('A member acts only on itself.')
    return principal.memberId
  }
  if (!named) throw new BadInputError('memberId is required.')
  return named
}
