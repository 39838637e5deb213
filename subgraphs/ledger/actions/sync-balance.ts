import { type Principal, principalName } from '../../../kernel/auth/principal.ts'
import { ForbiddenError } from '../../../kernel/errors.ts'
import { presentId } from '../../../kernel/members/merged-members.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { type BalanceSyncRule, figureFor, syncFrom } from '../domain/balance-sync.ts'
import { notAhead } from '../domain/posting.ts'
import type { Program } from '../domain/program.ts'
import { readSyncedBalances } from '../store/synced-balances.ts'
import { outcome, post } from './post.ts'
import { type PurchaseRefusal, storeOf } from './record-purchases.ts'
import { type MemberReference, resolveMembers } from './resolve-members.ts'

/** Which balance is meant: whose, at which channel, of which account there. */
export interface SyncedBalanceInput {
  readonly program?: string | null
  readonly member: MemberReference
  readonly channel: string
  readonly account?: string | null
}

export interface SyncBalanceInput extends SyncedBalanceInput {
  readonly store?: string | null
  readonly previous: bigint
  readonly balance: bigint
  readonly at: Instant
  readonly document: string
  readonly idempotencyKey?: string | null
}

/** On what both sides agree. */
export interface Agreed {
  readonly channel: string
  readonly balance: bigint
  readonly at: Instant
}

export interface BalanceSynced {
  readonly program: Program
  readonly memberId: string
  readonly agreed: Agreed
  /** Given, or taken where it is negative. */
  readonly points: bigint
  readonly duplicate: boolean
}

/**
 * A channel tells what a member's balance is there now. What changed since both sides agreed is given or taken, in one
 * posting that compares the figures under the lock of the account: of several at once that set out from one figure one
 * is taken, and there is nothing between "compared" and "posted" that a crash could cut.
 */
export async function syncBalance(
  ctx: LedgerContext,
  input: SyncBalanceInput,
): Promise<Result<BalanceSynced, PurchaseRefusal>> {
  const { channel, document, previous, balance } = input
  const found = await findAccount(ctx, input)
  if (!found.ok) return found
  const { program, memberId, account } = found.value
  const store = storeOf(ctx, input.store)
  const at = notAhead(input.at, ctx.now)
  const told = { program: program.id, channel, account: account.toString('hex'), store, previous, balance }
  const [result] = await post(ctx, [
    {
      program,
      command: {
        kind: 'balance-sync',
        memberId,
        documentId: derivedId('balance-sync', program.id, channel, document),
        channel,
        number: document,
        store,
        operator: principalName(ctx.principal),
        effectiveAt: ctx.now,
        account,
        previous,
        balance,
        toldAt: at,
        body: bodyDigest({ ...told, at: input.at, document }).subarray(0, 16),
        idempotencyKey: input.idempotencyKey ?? undefined,
      },
    },
  ])
  const posted = outcome(result!)
  if (!posted.ok) return posted
  const { document: recorded, duplicate } = posted.value
  const figures = syncFrom(recorded.subject!)
  return ok({
    program: posted.value.program,
    memberId: recorded.memberId,
    agreed: { channel, balance: figures.agreed, at },
    points: figures.balance - figures.previous,
    duplicate,
  })
}

/** The figure that the next sync has to set out from; undefined: nothing was told yet, so it is 0. */
export async function findSyncedBalance(
  ctx: LedgerContext,
  input: SyncedBalanceInput,
): Promise<Agreed | undefined> {
  const found = await findAccount(ctx, input)
  if (!found.ok) return undefined
  const { program, memberId, account } = found.value
  const personId = await presentId(ctx.db.query, memberId)
  const figures = await readSyncedBalances(ctx.db.query, [personId])
  const place = { programKey: program.key, channel: input.channel, account }
  const figure = figureFor(figures, place, { memberId, personId })
  return figure && { channel: figure.channel, balance: figure.agreed, at: figure.toldAt }
}

async function findAccount(
  ctx: LedgerContext,
  input: SyncedBalanceInput,
): Promise<
  Result<{ program: Program; memberId: string; account: Buffer }, 'PROGRAM_NOT_FOUND' | 'MEMBER_NOT_FOUND'>
> {
  const { principal } = ctx
  const program = await ctx.services.programs.pick(input.program)
  if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
  const rule = program.balanceSync.find(({ channel }) => channel === input.channel)
  if (!maySpeakFor(principal, input.channel, rule))
    throw new ForbiddenError('A back end tells its own balances.')
  if (principal.kind === 'partner' && !isCustomerOf(principal.partnerId, input.member))
    throw new ForbiddenError('A partner names members by its own customer numbers.')
  const [memberId] = await resolveMembers(ctx, [input.member])
  if (!memberId) return fail('MEMBER_NOT_FOUND', { path: ['member'] })
  return ok({ program, memberId, account: ctx.services.markOf(input.account ?? '') })
}

function maySpeakFor(principal: Principal, channel: string, rule: BalanceSyncRule | undefined): boolean {
  if (principal.kind === 'partner') return rule?.partner === principal.partnerId
  if (principal.kind !== 'service') return false
  return principal.channel === undefined || (principal.channel === channel && rule?.partner === undefined)
}

const isCustomerOf = (partnerId: string, { identity }: MemberReference): boolean =>
  identity?.kind === 'PARTNER_CUSTOMER' && identity.scope === partnerId
