import type { Principal } from '../../kernel/auth/principal.ts'
import type { Audience } from '../../schema/contract.ts'

/**
 * By whose contract a caller's documents are read. Who has not signed in stands where members do; in the sandbox it sees
 * everything, so that GraphiQL shows the whole graph before anybody has fetched a token.
 */
export function audienceOf({ kind }: Principal, { sandbox }: { sandbox: boolean }): Audience {
  switch (kind) {
    case 'member':
      return 'member'
    case 'partner':
      return 'partner'
    case 'anonymous':
      return sandbox ? 'staff' : 'member'
    // Back ends of channels act for staff at a till as well as for members.
    case 'staff':
    case 'service':
      return 'staff'
  }
}
