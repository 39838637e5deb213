import { expect, test } from 'vitest'
import type { MemberId } from '../../../kernel/values/ids.ts'
import type { IdentityKind } from '../../../subgraphs/identity/domain/kinds.ts'
import {
  type Claim,
  type FoundIdentifier,
  type HeldIdentifier,
  type OneId,
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
const holds = (memberId: MemberId, ...kinds: IdentityKind[]): HeldIdentifier[] =>
  kinds.map((kind) => ({ kind, scope: '', hash: `${kind}-hash of ${memberId}`, memberId }))
const hasUnionid = holds(anna, 'WECHAT_UNIONID')

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
  expect(outcomeOf(resolve([...identifiers], { held: [...held], memberId }))).toEqual(expected)
})

const resolve = (identifiers: FoundIdentifier[], more: Partial<Claim> = {}): OneId =>
  resolveOneId({ found: identifiers, held: [], policy: 'REVIEW', dormant: new Set(), ...more })

const outcomeOf = (oneId: OneId): unknown => {
  switch (oneId.outcome) {
    case 'not-verified':
      return 'IDENTIFIER_NOT_VERIFIED'
    case 'conflict':
      return 'IDENTITY_CONFLICT'
    case 'new':
      return isNew
    case 'known':
      return { memberId: oneId.memberId, bind: oneId.bind }
  }
}

const contested = (oneId: OneId) =>
  oneId.outcome === 'conflict'
    ? oneId.conflicts.map(({ kind, hash, holderId, claimantId }) => [kind, hash, holderId, claimantId])
    : oneId.outcome

const annasPhone = phone(anna)

test.each([
  // what                                          identifiers               held        target  dormant  who contests what
  [
    'what says most surely who it is claims the number',
    [annasPhone, unionid(bob)],
    [],
    undefined,
    [],
    [['TWO_MEMBERS', 'PHONE-hash', anna, bob]],
  ],
  ['who binds it claims it', [card(bob)], [], anna, [], [['TWO_MEMBERS', 'CARD-hash', bob, anna]]],
  [
    'a number with another account was passed on, to somebody who is no member yet',
    [annasPhone, unionid()],
    hasUnionid,
    undefined,
    [],
    [['PASSED_ON', 'PHONE-hash', anna, undefined]],
  ],
  [
    'a number alone of a member who is long gone',
    [annasPhone],
    [],
    undefined,
    [anna],
    [['DORMANT', 'PHONE-hash', anna, undefined]],
  ],
  ['a number and a card of hers bring her back', [annasPhone, card(anna)], [], undefined, [anna], 'known'],
  ['a card alone brings her back', [card(anna)], [], undefined, [anna], 'known'],
  ['who is signed in is not long gone', [annasPhone], [], anna, [anna], 'known'],
  [
    'a second account of who is signed in: nobody else has it',
    [unionid()],
    hasUnionid,
    anna,
    [],
    [['PASSED_ON', 'WECHAT_UNIONID-hash', anna, anna]],
  ],
] as const)('%s', (_, identifiers, held, memberId, dormant, expected) => {
  const oneId = resolve([...identifiers], { held: [...held], memberId, dormant: new Set(dormant) })
  expect(contested(oneId)).toEqual(expected)
})

const toWhom = (oneId: OneId) =>
  oneId.outcome === 'known' || oneId.outcome === 'new'
    ? [oneId.outcome === 'known' ? oneId.memberId : isNew, oneId.moved.map(({ holderId }) => holderId)]
    : oneId.outcome

test.each([
  // what                                         identifiers                        held                                expected
  ['goes to the other member', [annasPhone, unionid(bob)], holds(anna, 'CARD'), [bob, [anna]]],
  ['goes to a newcomer', [annasPhone, unionid()], hasUnionid, [isNew, [anna]]],
  ['stays if nothing else leads to its member', [annasPhone, unionid(bob)], holds(anna), 'conflict'],
  ['stays on the word of others', [phone(anna, 'checked'), unionid(bob)], holds(anna, 'CARD'), 'conflict'],
  ['a card never goes', [card(anna), unionid(bob)], holds(anna, 'PHONE'), 'conflict'],
] as const)('by newest proof a number %s', (_, identifiers, held, expected) => {
  expect(toWhom(resolve([...identifiers], { held: [...held], policy: 'NEWEST_PROOF' }))).toEqual(expected)
})

test.each([
  // what                     identifiers               claimant
  ['a new number of hers', [phone(), unionid()], anna],
  ['the number that she has', [annasPhone, unionid()], undefined],
] as const)(
  'by newest proof nobody loses to herself: %s with a second account stays',
  (_, identifiers, claimant) => {
    const held = [...hasUnionid, ...holds(anna, 'CARD')]
    const oneId = resolve([...identifiers], { held, memberId: anna, policy: 'NEWEST_PROOF' })
    expect(contested(oneId)).toEqual([['PASSED_ON', 'PHONE-hash', anna, claimant]])
  },
)

test('by newest proof, too, a number alone does not open the account of who is long gone', () => {
  const claim = { policy: 'NEWEST_PROOF', dormant: new Set([anna]), held: holds(anna, 'CARD') } as const
  expect(resolve([annasPhone], claim).outcome).toBe('conflict')
})
