import { principalName } from '../../../kernel/auth/principal.ts'
import { bodyDigest } from '../../../kernel/values/canonical.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import type { LedgerContext } from '../context.ts'
import { isWelcome, type TierGift, WELCOME } from '../domain/entering.ts'
import type { Program } from '../domain/program.ts'
import { post } from './post.ts'
import type { Order } from './post-batch.ts'

export interface Entrant {
  readonly memberId: string
  /** When the membership began. */
  readonly joinedAt: Instant
}

/**
 * Gives welcome points to those who took up their membership in time, in each programme that had some then: what is
 * published later welcomes nobody of before. The document follows from the member, so they come once, however often this
 * is told.
 */
export async function welcomeMembers(
  ctx: LedgerContext,
  entrants: readonly Entrant[],
  boundAt: Instant,
): Promise<void> {
  const rules = await ctx.services.programs.at(ctx.db.query, boundAt)
  const programs = await ctx.services.programs.current()
  const orders = programs.flatMap((program) => {
    const welcome = rules.get(program.key)?.welcome
    if (!welcome) return []
    const { timeZone } = program
    return entrants
      .filter(({ joinedAt }) => isWelcome(welcome, { joinedAt, boundAt }, timeZone))
      .map(({ memberId }) => ({
        program,
        command: {
          kind: 'grant' as const,
          memberId,
          documentId: derivedId('grant', program.id, memberId, WELCOME),
          channel: 'initial',
          number: WELCOME,
          store: undefined,
          operator: principalName(ctx.principal),
          effectiveAt: boundAt,
          points: BigInt(welcome.points),
          reason: WELCOME,
          // Not the points: what a later version gives does not make it another welcome.
          body: bodyDigest({ program: program.id, source: WELCOME }).subarray(0, 16),
          idempotencyKey: undefined,
        },
      }))
  })
  await postGifts(ctx, orders)
}

export interface GivenTier {
  readonly program: Program
  readonly memberId: string
  readonly tier: string
  readonly by: TierGift
  /** What it came with: the same gives it once. */
  readonly source: string
  readonly reason: string
}

/** Lifts a member to a tier that came with a product, or that it applied for; who is there or above stays. */
export async function giveTier(ctx: LedgerContext, given: GivenTier): Promise<void> {
  const { program, memberId, tier, by, source, reason } = given
  await postGifts(ctx, [
    {
      program,
      command: {
        kind: 'tier-decision',
        memberId,
        documentId: derivedId('tier-gift', program.id, memberId, by, source),
        channel: by,
        number: source,
        store: undefined,
        operator: principalName(ctx.principal),
        effectiveAt: ctx.now,
        tier,
        approved: true,
        reason,
        body: bodyDigest({ program: program.id, by, source }).subarray(0, 16),
        idempotencyKey: undefined,
      },
    },
  ])
}

/**
 * Nobody waits for an answer. What failed is thrown, and told again; what is refused is thrown, too, when all others have
 * theirs: the event is parked, where people see it, and once they have seen to the reason they tell it again.
 */
async function postGifts(ctx: LedgerContext, orders: readonly Omit<Order, 'now'>[]): Promise<void> {
  if (orders.length === 0) return
  const results = await post(ctx, orders)
  const refused: string[] = []
  for (const [index, result] of results.entries()) {
    if (result instanceof Error) throw result
    if (result.ok) continue
    const { program, command } = orders[index]!
    refused.push(`${result.refusal.code} of ${command.memberId} in ${program.id}`)
  }
  if (refused.length > 0) throw new GiftRefused(refused)
}

class GiftRefused extends Error {
  override name = 'GiftRefused'
  constructor(refused: readonly string[]) {
    super(`a gift to a member was refused: ${refused.join(', ')}`)
  }
}
