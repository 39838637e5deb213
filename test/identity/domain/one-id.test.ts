import { expect, test } from 'vitest'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { IdentityKind } from '../../../subgraphs/identity/domain/kinds.ts'
import {
  type FoundIdentifier,
  resolveOneId,
  type Strength,
} from '../../../subgraphs/identity/domain/one-id.ts'

const anna = 'anna' as MemberId
const bob = 'bob' as MemberId

const found = (
  kind: IdentityKind,
  ownerId: MemberId | undefined,
  strength: Strength = 'proved',
): FoundIdentifier => ({ kind, scope: '', hash: `${kind}-hash`, strength, ownerId })

const phone = (owner?: MemberId, strength?: Strength) => found('PHONE', owner, strength)
const unionid = (owner?: MemberId) => found('WECHAT_UNIONID', owner)
const card = (owner?: MemberId) => found('CARD', owner, 'checked')
const customer = (owner?: MemberId) => found('PARTNER_CUSTOMER', owner, 'checked')
const hasUnionid = [{ kind: 'WECHAT_UNIONID', scope: '' }] as const

const isNew = 'a new member'
const known = (memberId: MemberId, ...bind: IdentityKind[]) => ({
  memberId,
  bind: bind.map((k) => `${k}-hash`),
})

test.each([
  // what                                      identifiers                                    held        target     expected
  ['nothing at all', [], [], undefined, 'IDENTIFIER_NOT_VERIFIED'],
  [
    'an unverified phone that nobody has',
    [phone(undefined, 'unverified')],
    [],
    undefined,
    'IDENTIFIER_NOT_VERIFIED',
  ],
  ["an unverified phone of Anna's", [phone(anna, 'unverified')], [], undefined, 'IDENTIFIER_NOT_VERIFIED'],
  [
    "a stranger's WeChat with Anna's phone unverified",
    [unionid(), phone(anna, 'unverified')],
    [],
    undefined,
    isNew,
  ],
  ['a verified phone that nobody has', [phone()], [], undefined, isNew],
  ["Anna's phone", [phone(anna)], [], undefined, known(anna)],
  ["Anna's phone and a new card", [phone(anna), card()], [], undefined, known(anna, 'CARD')],
  ["Anna's phone and her card", [phone(anna), card(anna)], [], undefined, known(anna)],
  [
    "Anna's card and an unverified phone",
    [card(anna), phone(undefined, 'unverified')],
    [],
    undefined,
    known(anna),
  ],
  ["Anna's phone and Bob's card", [phone(anna), card(bob)], [], undefined, 'IDENTITY_CONFLICT'],
  [
    "Anna's phone and her first WeChat",
    [phone(anna), unionid()],
    [],
    undefined,
    known(anna, 'WECHAT_UNIONID'),
  ],
  ["Anna's phone with a second WeChat", [phone(anna), unionid()], hasUnionid, undefined, 'IDENTITY_CONFLICT'],
  ["Anna's phone with her WeChat again", [phone(anna), unionid(anna)], hasUnionid, undefined, known(anna)],
  [
    'a customer and a phone that a partner reports',
    [customer(), phone(undefined, 'reported')],
    [],
    undefined,
    isNew,
  ],
  [
    "a partner's new customer by Anna's phone",
    [customer(), phone(anna, 'reported')],
    [],
    undefined,
    known(anna, 'PARTNER_CUSTOMER'),
  ],
  [
    'a phone that a partner adds to its customer',
    [customer(anna), phone(undefined, 'reported')],
    [],
    undefined,
    known(anna),
  ],
  ['a card bound to Anna', [card()], [], anna, known(anna, 'CARD')],
  ["Bob's card bound to Anna", [card(bob)], [], anna, 'IDENTITY_CONFLICT'],
] as const)('%s', (_, identifiers, held, memberId, expected) => {
  const result = resolveOneId({ found: [...identifiers], held: [...held], memberId })
  const outcome = !result.ok
    ? result.refusal.code
    : result.value.outcome === 'new'
      ? isNew
      : { memberId: result.value.memberId, bind: result.value.bind }
  expect(outcome).toEqual(expected)
})
