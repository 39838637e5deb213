import { once } from '../../../kernel/commands/once.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { tombstoneOf } from '../domain/sealing.ts'
import { forgetWords } from '../store/applications.ts'
import { forgetConflicts } from '../store/conflicts.ts'
import {
  destroyPersonalData,
  giveUpProducts,
  insertTombstones,
  lockPerson,
  markErased,
  takeIdentities,
} from '../store/erasure.ts'
import { forgetMergeReasons } from '../store/merge-cases.ts'
import { deleteAliases } from '../store/phone-aliases.ts'
import { revokeSessionsOf } from '../store/sessions.ts'
import { targetOf } from './callers.ts'
import { commandOf } from './command.ts'
import { endExecutorsOf } from './companies.ts'
import { unbind } from './guides.ts'
import { leaveForGood } from './households.ts'

export interface EraseMemberInput {
  readonly memberId?: string | null
  readonly number: string
  readonly idempotencyKey?: string | null
}

/**
 * Makes a person unreadable for good, with all that was merged into it. The membership's id stays, and with it the books;
 * whom it was is known to nobody any more.
 */
export async function eraseMember(
  ctx: IdentityContext,
  input: EraseMemberInput,
): Promise<Result<{ memberId: MemberId }, IdentityRefusalCode>> {
  const target = targetOf(ctx.principal, input.memberId)
  return ctx.db.transaction((tx) =>
    once<{ memberId: MemberId }, IdentityRefusalCode>(tx, commandOf(ctx, 'eraseMember', input), async () => {
      const person = await lockPerson(tx, target)
      const [member] = person
      if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
      if (input.number.replace(/\D/g, '') !== member.number) {
        return fail('ERASURE_NOT_CONFIRMED', { path: ['number'] })
      }
      if (member.status !== 'ERASED') {
        await erase(
          tx,
          ctx,
          person.map(({ id }) => id),
        )
      }
      return ok({ memberId: member.id })
    }),
  )
}

async function erase(tx: Tx, ctx: IdentityContext, ids: readonly MemberId[]): Promise<void> {
  const identities = await takeIdentities(tx, ids)
  const phones = identities.filter(({ kind }) => kind === 'PHONE').map(({ hash }) => hash)
  const phoneHashes = await deleteAliases(tx, phones)
  // A product goes on without its owner: the next one may register it.
  const personal = [
    ...identities.filter(({ kind }) => kind !== 'SERIAL'),
    ...phoneHashes.map((hash) => ({ kind: 'PHONE_HASH' as const, hash })),
  ]
  await insertTombstones(
    tx,
    personal.map(({ kind, hash }) => ({ kind, hash: tombstoneOf(ctx.services.keys.index, hash) })),
    ctx.now,
  )
  await giveUpProducts(tx, ids, ctx.now)
  await destroyPersonalData(tx, ids, phones)
  await unbind(tx, ctx, ids, 'MEMBER_ERASED')
  await endExecutorsOf(tx, ctx, ids)
  await leaveForGood(tx, ctx, ids)
  await forgetWords(tx, ids)
  await revokeSessionsOf(tx, ids, 'erased', ctx.now)
  await forgetConflicts(tx, ids, ctx.now)
  await forgetMergeReasons(tx, ids)
  await markErased(tx, ids)
  await publish(tx, [
    { type: 'identity.MemberErased', memberId: ids[0]!, occurredAt: ctx.now, payload: { memberIds: ids } },
  ])
}
