import { createPublicKey } from 'node:crypto'
import { knownCallers } from '../../gateway/authenticate.ts'
import { tokenSigner } from '../../kernel/auth/access-token.ts'
import { hasScopes } from '../../kernel/auth/principal.ts'
import { systemClock } from '../../kernel/clock.ts'
import { newSecrets } from '../../kernel/secrets.ts'

/**
 * What no server may leave out, a hand-written one neither: the caller's token is verified, which is remembered until it
 * ends, and the caller may read members. All else that a gateway does is left out: budgets, costs, metrics, traces, request
 * ids, deadlines, contracts, and rights on each field.
 */
export async function openFloorDoor() {
  const signer = tokenSigner(newSecrets().token)
  const now = () => systemClock.now()
  const admin = { kind: 'staff', staffId: 'bench', role: 'admin' } as const
  const [published] = await signer.publicKeys()
  const key = createPublicKey({ key: published as never, format: 'jwk' })
  const callers = knownCallers(async () => key, { lifeSecondsMax: undefined })
  return {
    token: await signer.sign(admin, { now: now(), seconds: 3_600 }),
    async letIn(authorization: string | undefined): Promise<void> {
      const known = callers.of(authorization, now())
      const principal = known instanceof Promise ? await known : known
      if (!hasScopes(principal, [['members:read']]))
        throw new Error('The floor lets in who may read members.')
    },
  }
}
