import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import { publish } from '../../../kernel/events/publish.ts'
import type { MemberId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import {
  type ConsentPurpose,
  type ContactChannel,
  type ContactVerdict,
  checkPolicyVersion,
  checkQuietHours,
  combineConsents,
  judgeContact,
  type QuietHours,
} from '../domain/consents.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { appendConsents, deleteQuietHours, saveQuietHours } from '../store/consents.ts'
import { findAllIds } from '../store/members.ts'
import { lockReachable, ownChannel, targetOf } from './callers.ts'
import { commandOf } from './command.ts'

export interface ConsentInput {
  readonly memberId?: string | null
  readonly purpose: ConsentPurpose
  readonly channels: readonly (ContactChannel | 'ANY')[]
  readonly policyVersion: string
  readonly idempotencyKey?: string | null
}

type Answer = Result<{ memberId: MemberId }, IdentityRefusalCode>

/** A person agrees to a purpose, or takes that back. Both stay on record, with the policy that was shown. */
export async function stateConsent(
  ctx: IdentityContext,
  input: ConsentInput,
  given: boolean,
): Promise<Answer> {
  const target = targetOf(ctx.principal, input.memberId)
  return ctx.db.transaction((tx) =>
    once<{ memberId: MemberId }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, given ? 'giveConsent' : 'withdrawConsent', input),
      async () => {
        const version = checkPolicyVersion(input.policyVersion)
        if (!version.ok) return version
        const channels = [...new Set(input.channels)]
        if (channels.length === 0) return fail('CONSENT_NOT_VALID', { path: ['channels'] })
        const member = await lockReachable(tx, ctx.principal, target)
        if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
        const statements = channels.map((channel) => ({
          purpose: input.purpose,
          channel,
          given,
          policyVersion: version.value,
          statedBy: principalName(ctx.principal),
          statedThrough: ownChannel(ctx.principal),
          statedAt: ctx.now,
        }))
        await appendConsents(tx, member.holderId, statements)
        await publish(
          tx,
          statements.map(({ purpose, channel, policyVersion }) => ({
            type: 'identity.ConsentChanged' as const,
            memberId: member.id,
            occurredAt: ctx.now,
            payload: { purpose, channel, given, policyVersion },
          })),
        )
        return ok({ memberId: member.id })
      },
    ),
  )
}

export interface SetQuietHoursInput {
  readonly memberId?: string | null
  readonly quietHours?: QuietHours | null
  readonly idempotencyKey?: string | null
}

/** When a person does not wish to be disturbed; without hours, always may be. */
export async function setQuietHours(ctx: IdentityContext, input: SetQuietHoursInput): Promise<Answer> {
  const target = targetOf(ctx.principal, input.memberId)
  return ctx.db.transaction((tx) =>
    once<{ memberId: MemberId }, IdentityRefusalCode>(
      tx,
      commandOf(ctx, 'setQuietHours', input),
      async () => {
        const quiet = input.quietHours ? checkQuietHours(input.quietHours) : undefined
        if (quiet && !quiet.ok) return quiet
        const member = await lockReachable(tx, ctx.principal, target)
        if (!member) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
        if (quiet) await saveQuietHours(tx, member.holderId, quiet.value, ctx.now)
        else await deleteQuietHours(tx, await findAllIds(tx, member.id))
        return ok({ memberId: member.id })
      },
    ),
  )
}

/** May these members be addressed now? In the order asked; whoever is not a member agreed to nothing. */
export async function judgeContacts(
  ctx: IdentityContext,
  asked: { memberIds: readonly string[]; purpose: ConsentPurpose; channel: ContactChannel },
): Promise<(ContactVerdict & { memberId: string })[]> {
  return Promise.all(
    asked.memberIds.map(async (memberId) => {
      const member = await ctx.loaders.member.load(memberId)
      if (!member || member.status === 'ERASED')
        return { memberId, verdict: 'NO_CONSENT' as const, until: undefined }
      const [said, quietHours] = await Promise.all([
        ctx.loaders.consents.load(member.id),
        ctx.loaders.quietHours.load(member.id),
      ])
      const verdict = judgeContact(
        { statements: combineConsents(said), quietHours },
        asked.purpose,
        asked.channel,
        ctx.now,
      )
      return { memberId, ...verdict }
    }),
  )
}
