import type { Query } from '../../../kernel/db/statement.ts'
import { allIds } from '../../../kernel/members/merged-members.ts'
import { derivedId } from '../../../kernel/values/ids.ts'
import type { LedgerContext } from '../context.ts'
import {
  awardedForGood,
  awardsTwice,
  type BonusPolicy,
  giftsTwice,
  givesForGood,
  type OnceGiven,
} from '../domain/once-given.ts'
import type { Program } from '../domain/program.ts'
import { accountName } from '../store/accounts.ts'
import { readHistories } from '../store/histories.ts'
import { findGiven, findOnceGiven } from '../store/merges.ts'

export interface BonusOrder {
  readonly fromId: string
  readonly intoId: string
  readonly bonuses: BonusPolicy
  /** What campaigns gave more often than one person may have it. */
  readonly takeBack: readonly {
    readonly program: string
    readonly memberId: string
    readonly document: string
  }[]
}

export interface Bonus extends OnceGiven {
  readonly program: string
  readonly takenBack: boolean
}

/**
 * What one person has once and both had, under whatever ids: welcome points of the same name, awards of rules with a cap of so
 * many times `ever`, and what campaigns ask back.
 */
export async function findBonuses(
  ctx: LedgerContext,
  query: Query,
  order: BonusOrder,
  programs: readonly Program[],
): Promise<Bonus[]> {
  const { bonuses, takeBack } = order
  const ids = takeBack.map(({ program, memberId, document }) =>
    derivedId('grant', program, memberId, document),
  )
  const asked = await findGiven(query, ids)
  const [from, into] = await Promise.all([order.fromId, order.intoId].map((id) => allIds(query, id)))
  const gifts = giftsTwice(await findOnceGiven(query, from!), await findOnceGiven(query, into!), bonuses)
  const awards = awardsTwice(
    await awardedTo(ctx, query, from!, programs),
    await awardedTo(ctx, query, into!, programs),
    bonuses,
  )
  const nameOf = (key: number) => programs.find((program) => program.key === key)?.id ?? ''
  const bonus = (one: OnceGiven, takenBack: boolean): Bonus => ({
    ...one,
    program: nameOf(one.programKey),
    takenBack,
  })
  return [
    ...asked.map((one) => bonus(one, true)),
    ...[...gifts, ...awards].map((one) => bonus(one, bonuses !== 'KEEP_BOTH')),
  ]
}

async function awardedTo(
  ctx: LedgerContext,
  query: Query,
  memberIds: readonly string[],
  programs: readonly Program[],
): Promise<ReturnType<typeof awardedForGood>> {
  const keys = programs
    .filter(givesForGood)
    .flatMap((program) => memberIds.map((memberId) => ({ memberId, programKey: program.key, program })))
  if (keys.length === 0) return []
  const histories = await readHistories(query, ctx.services.programs, keys)
  return keys.flatMap((key) => awardedForGood(key.memberId, histories.get(accountName(key))!, ctx.now))
}
