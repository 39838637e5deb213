import { principalName } from '../../../kernel/auth/principal.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import { parseDecimal } from '../../../kernel/values/money.ts'
import { fail, type Result } from '../../../kernel/values/result.ts'
import type { LedgerContext } from '../context.ts'
import type { StoredValueCommand } from '../domain/post-stored-value.ts'
import type { Program } from '../domain/program.ts'
import { outcome, post } from './post.ts'
import type { Posted } from './post-batch.ts'
import { type PurchaseRefusal, storeOf } from './record-purchases.ts'
import { resolveMembers } from './resolve-members.ts'

/** What every command about prepaid money says of where it comes from. */
export interface CommandSource {
  readonly program?: string | null
  readonly memberId: string
  readonly channel: string
  readonly store?: string | null
  readonly document: string
  readonly idempotencyKey: string
}

/** What a command comes to once programme and member are known: what it does, and what tells it from others. */
interface Made {
  readonly command: StoredValueCommand
  readonly body: unknown
  /** The business key that it is known by; the idempotency key where absent. */
  readonly key?: string
  /** The account in which it lies, where that is told by what it is about. */
  readonly account?: string | undefined
}

/** Posts one command about prepaid money of one member, now. */
export async function postCommand(
  ctx: LedgerContext,
  source: CommandSource,
  make: (program: Program, memberId: string) => Made | Promise<Made>,
): Promise<Result<Posted, PurchaseRefusal>> {
  const program = await ctx.services.programs.pick(source.program)
  if (!program) return fail('PROGRAM_NOT_FOUND', { path: ['program'] })
  const [memberId] = await resolveMembers(ctx, [{ id: source.memberId }])
  if (!memberId) return fail('MEMBER_NOT_FOUND', { path: ['memberId'] })
  const { command, body, key, account = memberId } = await make(program, memberId)
  const { channel, document, idempotencyKey } = source
  const store = storeOf(ctx, source.store)
  const [result] = await post(ctx, [
    {
      program,
      command: {
        ...command,
        memberId: account,
        documentId: derivedId(command.kind, program.id, account, key ?? idempotencyKey),
        channel,
        number: document,
        store,
        operator: principalName(ctx.principal),
        effectiveAt: ctx.now,
        body: bodyDigest({ program: program.id, channel, document, store, body }).subarray(0, 16),
        idempotencyKey,
      },
    },
  ])
  return outcome(result!)
}

/** Equal for the same amount in other words: `50` and `50.00`. */
export const sameAmount = (amount: string | null | undefined): bigint | string | undefined =>
  amount ? (parseDecimal(amount, DECIMALS_MAX) ?? amount) : undefined

/** Those of the `Decimal` scalar. */
const DECIMALS_MAX = 9
