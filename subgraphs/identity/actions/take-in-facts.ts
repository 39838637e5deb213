import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import { findProgram, saveProgram } from '../../../kernel/programs/known-programs.ts'
import { type Instant, instant, localDate } from '../../../kernel/values/instant.ts'
import type { BalancesChanged, ProgramPublished, PurchasesRecorded } from '../../../schema/events/ledger.ts'
import { saveTiers } from '../store/applications.ts'
import { saveAttributeDefinitions } from '../store/attributes.ts'
import {
  addPurchases,
  beginProgramFacts,
  gatherAccountFacts,
  joinedPersons,
  refreshWindows,
  saveStandings,
} from '../store/facts.ts'
import { presentIds } from '../store/members.ts'
import { saveTagDefinitions } from '../store/tag-definitions.ts'

/** What the ledger tells becomes facts of members. */

export async function takeInProgram(
  tx: Tx,
  { program, version, timeZone, tiers, tags, attributes }: ProgramPublished,
  now: Instant,
): Promise<void> {
  const known = await findProgram(tx.query, program)
  if (!known || known.version < version) {
    await saveProgram(tx, { slug: program, version, timeZone })
    await saveTiers(
      tx,
      program,
      tiers.map(({ id }) => id),
    )
    await saveTagDefinitions(tx, program, tags ?? [])
    await saveAttributeDefinitions(tx, program, attributes ?? [])
    await publish(tx, [{ type: 'identity.ProgramAdopted', occurredAt: now, payload: { program, version } }])
  }
  await beginProgramFacts(tx, program)
}

export const takeInBalances = (tx: Tx, { program, accounts }: BalancesChanged): Promise<void> =>
  saveStandings(tx, program, accounts)

export async function takeInPurchases(
  tx: Tx,
  { program, purchases }: PurchasesRecorded,
  recordedAt: Instant,
  now: Instant,
): Promise<void> {
  const timeZone = (await findProgram(tx.query, program))?.timeZone ?? 'UTC'
  await addPurchases(
    tx,
    program,
    purchases.map(({ memberId: present, holderId, total, occurredAt }) => {
      const memberId = holderId ?? present
      const at = occurredAt === undefined ? recordedAt : instant(occurredAt)
      return { memberId, at, day: localDate(at, timeZone), total }
    }),
  )
  const memberIds = await presentIds(
    tx,
    purchases.flatMap(({ memberId, holderId }) => (holderId === undefined ? memberId : [memberId, holderId])),
  )
  const joined = await joinedPersons(tx, memberIds)
  if (joined.length > 0) await gatherAccountFacts(tx, joined)
  await refreshWindows(tx, { program, memberIds, today: localDate(now, timeZone) })
}
