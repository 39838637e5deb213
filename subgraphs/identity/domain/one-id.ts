import type { MemberId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import { type IdentityKind, KINDS } from './kinds.ts'

/**
 * How an identifier came to be believed.
 * - `proved`: by the person, with a one-time code or a WeChat code.
 * - `checked`: by staff at the counter, or by the channel or partner whose own key it is.
 * - `reported`: by a partner about something that is not its own. It leads to a member and may begin one, but is not
 *   added to a member who is already there: else a partner could open any of its customers' doors to another phone.
 * - `unverified`: by nobody. It neither leads to a member nor is it bound.
 */
export type Strength = 'proved' | 'checked' | 'reported' | 'unverified'

export interface FoundIdentifier {
  readonly kind: IdentityKind
  readonly scope: string
  readonly hash: string
  readonly strength: Strength
  /** The member that it leads to now. */
  readonly ownerId: MemberId | undefined
}

export type OneId =
  | { readonly outcome: 'new' }
  | { readonly outcome: 'known'; readonly memberId: MemberId; readonly bind: readonly string[] }

/**
 * One person is one member: what verified identifiers that come together mean. `held` is what the member that they
 * lead to has already; `memberId` is the member to whom they are to be bound, if it is known who asks.
 */
export function resolveOneId(input: {
  found: readonly FoundIdentifier[]
  held: readonly Pick<FoundIdentifier, 'kind' | 'scope'>[]
  memberId?: MemberId
}): Result<OneId, 'IDENTIFIER_NOT_VERIFIED' | 'IDENTITY_CONFLICT'> {
  const verified = input.found.filter(({ strength }) => strength !== 'unverified')
  if (verified.length === 0) return fail('IDENTIFIER_NOT_VERIFIED')
  const owners = new Set(verified.flatMap(({ ownerId }) => ownerId ?? []))
  if (input.memberId) owners.add(input.memberId)
  if (owners.size > 1) return fail('IDENTITY_CONFLICT')

  const [memberId] = owners
  if (memberId === undefined) return ok({ outcome: 'new' })
  const bind = verified.filter(({ ownerId, strength }) => ownerId === undefined && strength !== 'reported')
  // A known phone with another WeChat account: carriers give numbers to new people.
  const second = bind.some(
    ({ kind, scope }) =>
      KINDS[kind].single && input.held.some((held) => held.kind === kind && held.scope === scope),
  )
  if (second) return fail('IDENTITY_CONFLICT')
  return ok({ outcome: 'known', memberId, bind: bind.map(({ hash }) => hash) })
}
