import { principalName } from '../../../kernel/auth/principal.ts'
import { checkIdempotencyKey } from '../../../kernel/commands/once.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import { fail, ok, type Refusal, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import { withoutOrigin } from '../domain/origin-class.ts'
import type { PostingRefusal } from '../domain/posting.ts'
import type { Program } from '../domain/program.ts'
import { pickProgram } from '../store/programs.ts'
import { askTransfer, endTransfer, readTransfer, type Transfer } from '../store/transfers.ts'
import { maySendTo } from './may-send-to.ts'
import { memberActedOn } from './member-acted-on.ts'
import { outcome, post } from './post.ts'
import type { PurchaseRefusal } from './record-purchases.ts'
import { resolveMembers } from './resolve-members.ts'

export interface TransferInput {
  readonly program?: string | null
  readonly memberId?: string | null
  readonly to: string
  readonly points: bigint
  readonly idempotencyKey: string
}

export type TransferRefusal = PurchaseRefusal | 'TRANSFER_TO_SELF' | 'NOT_IN_HOUSEHOLD'

export interface Transferred {
  readonly program: Program
  readonly transfer: Transfer
}

/**
 * Sends points to another member: the wish is written down, the points go out of one account and into the other, each by
 * a command that may be repeated, and the end is written down. What a crash leaves between is finished by a job.
 */
export async function transferPoints(
  ctx: LedgerContext,
  input: TransferInput,
): Promise<Result<Transferred, TransferRefusal>> {
  const named = memberActedOn(ctx.principal, input.memberId)
  checkIdempotencyKey(input.idempotencyKey)
  const program = pickProgram(await ctx.services.programs.current(), input.program)
  if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
  const [from, to] = await resolveMembers(ctx, [{ id: named }, { id: input.to }])
  if (!from) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
  if (!to) return fail('MEMBER_NOT_FOUND', { path: ['to'] })

  const id = derivedId('transfer-out', program.id, from, input.idempotencyKey)
  const known = await readTransfer(ctx.db.query, id)
  if (known && (known.to !== to || known.points !== input.points)) {
    return fail('IDEMPOTENCY_KEY_REUSED', { path: ['idempotencyKey'] })
  }
  if (known) return finishTransfer(ctx, program, known)
  if (!program.transfer) return fail('TRANSFER_NOT_OFFERED')
  if (from === to) return fail('TRANSFER_TO_SELF', { path: ['to'] })
  if (!(await maySendTo(ctx, program.transfer, from, to))) return fail('NOT_IN_HOUSEHOLD', { path: ['to'] })
  const asked = await askTransfer(ctx.db.query, {
    id,
    programKey: program.key,
    from,
    to,
    points: input.points,
    key: input.idempotencyKey,
    operator: principalName(ctx.principal),
    askedAt: ctx.now,
    state: 'asked',
    refusal: undefined,
  })
  return finishTransfer(ctx, program, asked)
}

/** Carries a transfer from wherever it stands to its end. Every step may be repeated. */
export async function finishTransfer(
  ctx: LedgerContext,
  program: Program,
  transfer: Transfer,
): Promise<Result<Transferred, PostingRefusal | 'IDEMPOTENCY_KEY_REUSED'>> {
  if (transfer.state === 'received') return ok({ program, transfer })
  if (transfer.state === 'refused') {
    return { ok: false, refusal: transfer.refusal as Refusal<PostingRefusal> }
  }
  const { id, from, to, points, operator } = transfer
  const source = {
    channel: 'transfer',
    number: id,
    store: undefined,
    operator,
    body: bodyDigest({ id, from, to, points }).subarray(0, 16),
  }
  const [sent] = await post(ctx, [
    {
      program,
      command: {
        ...source,
        kind: 'transfer-out',
        memberId: from,
        documentId: id,
        effectiveAt: transfer.askedAt,
        idempotencyKey: transfer.key,
        points,
        to,
      },
    },
  ])
  const out = outcome(sent!)
  if (!out.ok) {
    await endTransfer(ctx.db.query, id, { state: 'refused', refusal: out.refusal })
    return out
  }
  const lots = out.value.document.entry.moves.flatMap((move) =>
    move.lots.map(({ expiresOn, lotClass, amount }) => ({
      expiresOn,
      lotClass: withoutOrigin(lotClass),
      amount: -amount,
    })),
  )
  const [received] = await post(ctx, [
    {
      program,
      command: {
        ...source,
        kind: 'transfer-in',
        memberId: to,
        documentId: derivedId('transfer-in', id),
        effectiveAt: out.value.document.effectiveAt,
        idempotencyKey: undefined,
        from,
        lots,
      },
    },
  ])
  const arrived = outcome(received!)
  if (!arrived.ok) throw new Error(`points in transit cannot be refused: ${arrived.refusal.code}`)
  await endTransfer(ctx.db.query, id, { state: 'received' })
  return ok({ program, transfer: { ...transfer, state: 'received' } })
}
