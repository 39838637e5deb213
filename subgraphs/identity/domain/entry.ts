import type { IdentityKind } from './kinds.ts'

/**
 * How a membership begins: in full; as one that somebody else registered and the person has yet to take up; or as a
 * collector card, given out with a first purchase to somebody who says no more.
 */
export type Entry = 'FULL' | 'PRE_REGISTERED' | 'COLLECTOR'

export const statusOf = (entry: Entry): string => (entry === 'FULL' ? 'ACTIVE' : entry)

/** What makes a card's holder a person that can be found again. */
const OF_A_PERSON: ReadonlySet<IdentityKind> = new Set([
  'PHONE',
  'PHONE_HASH',
  'WECHAT_UNIONID',
  'WECHAT_OPENID',
  'APP_USER',
])

/**
 * Does the membership become a full one by this? A pre-registered one when the person comes itself, a collector card when
 * it gets an identity of a person.
 */
export function becomesFull(
  status: string,
  by: { readonly person: boolean; readonly bound: readonly IdentityKind[] },
): boolean {
  if (status === 'PRE_REGISTERED') return by.person
  return status === 'COLLECTOR' && by.bound.some((kind) => OF_A_PERSON.has(kind))
}
