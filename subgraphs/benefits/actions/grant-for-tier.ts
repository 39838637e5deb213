import type { Tx } from '../../../kernel/db/transaction.ts'
import { presentId } from '../../../kernel/members/merged-members.ts'
import { findProgram } from '../../../kernel/programs/known-programs.ts'
import { assert } from '../../../kernel/values/assert.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { TierChanged } from '../../../schema/events/ledger.ts'
import { decideTierGrants } from '../domain/grant.ts'
import { listedBenefits } from '../store/benefits.ts'
import { existingEntitlements } from '../store/entitlements.ts'
import { addEntitlement } from './add-entitlement.ts'

/** Grants what the tier matrix gives a member who rose. Heard twice, it grants nothing twice. */
export async function grantForTier(
  tx: Tx,
  heard: { memberId: MemberId; change: TierChanged; at: Instant; now: Instant },
): Promise<void> {
  const { memberId, change, at, now } = heard
  const program = await findProgram(tx.query, change.program)
  assert(program, 'a programme is published before its members change tier')
  const source = `tier:${change.to}#${change.sequence}`
  const grants = decideTierGrants({
    memberId,
    change,
    at,
    timeZone: program.timeZone,
    benefits: await listedBenefits(tx.query, program.slug),
    alreadyGranted: await existingEntitlements(tx, memberId, program.slug, source),
  })
  if (grants.length === 0) return
  // Told before the member was merged, perhaps, and heard after it.
  const present = await presentId(tx.query, memberId)
  for (const grant of grants) {
    await addEntitlement(tx, grant, { memberId: present, holderId: memberId, now, grantedBy: 'tier' })
  }
}
