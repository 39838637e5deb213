import { describe, expect, test } from 'vitest'
import { instant } from '../../../kernel/values/instant.ts'
import {
  type Application,
  checkApplication,
  decideApplication,
  type Reviewer,
} from '../../../subgraphs/identity/domain/applications.ts'
import { companyCode } from '../../../subgraphs/identity/domain/company.ts'
import { becomesFull } from '../../../subgraphs/identity/domain/entry.ts'
import {
  decideInvitation,
  decideJoining,
  decideLeaving,
  type Household,
  type HouseholdRole,
  type Invitation,
} from '../../../subgraphs/identity/domain/household.ts'

const NOW = instant('2026-01-01T00:00:00Z')

describe('an application', () => {
  test.for([
    ['TIER', 'gold', true],
    ['TIER', 'silk', false],
    ['TIER', undefined, false],
    ['MEMBERSHIP', undefined, true],
    ['MEMBERSHIP', 'gold', false],
  ] as const)('for %s %s', ([kind, tier, expected]) => {
    expect(checkApplication({ kind, tier }, ['base', 'gold']).ok).toBe(expected)
  })

  const waiting: Application = {
    id: 'a',
    memberId: 'm',
    kind: 'TIER',
    program: 'club',
    tier: 'gold',
    node: 's-1',
    state: 'SUBMITTED',
    submittedBy: 'staff:clerk',
  }
  const store = { path: '/east/s-1/' }
  const of = (path: string | undefined, name = 'staff:manager'): Reviewer => ({
    name,
    part: path === undefined ? undefined : { path },
  })
  test.for<
    [
      string,
      Application | undefined,
      { path: string } | undefined,
      Reviewer,
      boolean,
      string | undefined,
      string,
    ]
  >([
    ['of the region is approved', waiting, store, of('/east/'), true, undefined, 'a'],
    ['is refused with a reason', waiting, store, of('/east/'), false, 'not yet', 'a'],
    ['is not refused without one', waiting, store, of('/east/'), false, undefined, 'APPLICATION_NOT_VALID'],
    [
      'of another region is not there',
      waiting,
      store,
      of('/west/'),
      true,
      undefined,
      'APPLICATION_NOT_FOUND',
    ],
    [
      "of nowhere is head office's",
      waiting,
      undefined,
      of('/east/'),
      true,
      undefined,
      'APPLICATION_NOT_FOUND',
    ],
    ['of nowhere, at head office', waiting, undefined, of(undefined), true, undefined, 'a'],
    [
      'by who handed it in',
      waiting,
      store,
      of('/east/', 'staff:clerk'),
      true,
      undefined,
      'REVIEWER_NOT_ALLOWED',
    ],
    [
      'that was withdrawn',
      { ...waiting, state: 'WITHDRAWN' },
      store,
      of('/east/'),
      true,
      undefined,
      'APPLICATION_DECIDED',
    ],
    ['that is none', undefined, undefined, of(undefined), true, undefined, 'APPLICATION_NOT_FOUND'],
  ])('%s', ([, application, place, reviewer, approve, reason, expected]) => {
    const decided = decideApplication(application, place, { reviewer, approve, reason })
    expect(decided.ok ? decided.value.id : decided.refusal.code).toBe(expected)
  })
})

describe('a company code', () => {
  test.for([
    ['91350100M000100Y43', '91350100M000100Y43'],
    ['9135 0100 m000 100y 43', '91350100M000100Y43'],
    ['91350100M000100Y44', undefined],
    ['91350100M000100Y4', undefined],
    ['I1350100M000100Y43', undefined],
    ['', undefined],
  ] as const)('%s', ([given, expected]) => expect(companyCode(given)).toBe(expected))
})

describe('a membership becomes full', () => {
  test.for([
    ['PRE_REGISTERED', true, [], true],
    ['PRE_REGISTERED', false, ['PHONE'], false],
    ['COLLECTOR', false, ['PHONE'], true],
    ['COLLECTOR', true, ['CARD'], false],
    ['COLLECTOR', true, [], false],
    ['ACTIVE', true, ['PHONE'], false],
    ['ERASED', true, ['PHONE'], false],
  ] as const)('%s by the person: %s with %s', ([status, person, bound, expected]) => {
    expect(becomesFull(status, { person, bound })).toBe(expected)
  })
})

describe('a household', () => {
  const household = (...roles: HouseholdRole[]): Household => ({
    id: 'h',
    name: 'Li',
    closed: false,
    relatives: roles.map((role, place) => ({
      memberId: `m${place}`,
      personId: `m${place}`,
      id: `r${place}`,
      role,
      joinedAt: NOW,
    })),
  })
  const invitation: Invitation = {
    household: 'h',
    role: 'ADULT',
    expiresAt: instant('2026-01-02T00:00:00Z'),
    usedBy: undefined,
    revoked: false,
  }
  const full = household('OWNER', 'ADULT', 'ADULT', 'CHILD', 'CHILD', 'CHILD')

  test.for([
    ['its owner invites', household('OWNER'), 'm0', 0, 'yes'],
    ['somebody else does not', household('OWNER', 'ADULT'), 'm1', 0, 'HOUSEHOLD_NOT_FOUND'],
    ['nobody does where there is none', undefined, 'm0', 0, 'HOUSEHOLD_NOT_FOUND'],
    ['it is full with who is invited', household('OWNER', 'ADULT'), 'm0', 4, 'HOUSEHOLD_FULL'],
    ['there is room for the last', household('OWNER', 'ADULT'), 'm0', 3, 'yes'],
  ] as const)('%s', ([, given, by, invited, expected]) => {
    const decided = decideInvitation(given, by, invited, 6)
    expect(decided.ok ? 'yes' : decided.refusal.code).toBe(expected)
  })

  test.for<[string, Invitation | undefined, Household | undefined, boolean, string]>([
    ['comes in', invitation, household('OWNER'), false, 'yes'],
    ['by none', undefined, household('OWNER'), false, 'INVITATION_NOT_VALID'],
    [
      'by one that is used',
      { ...invitation, usedBy: 'x' },
      household('OWNER'),
      false,
      'INVITATION_NOT_VALID',
    ],
    [
      'by one that is over',
      { ...invitation, expiresAt: NOW },
      household('OWNER'),
      false,
      'INVITATION_NOT_VALID',
    ],
    [
      'by one taken back',
      { ...invitation, revoked: true },
      household('OWNER'),
      false,
      'INVITATION_NOT_VALID',
    ],
    ['to one that ended', invitation, { ...household('OWNER'), closed: true }, false, 'INVITATION_NOT_VALID'],
    ['from another', invitation, household('OWNER'), true, 'ALREADY_IN_HOUSEHOLD'],
    ['to a full one', invitation, full, false, 'HOUSEHOLD_FULL'],
  ])('somebody %s', ([, given, into, inHousehold, expected]) => {
    const decided = decideJoining(given, into, { id: 'm9', inHousehold }, 6, NOW)
    expect(decided.ok ? 'yes' : decided.refusal.code).toBe(expected)
  })

  test.for([
    ['somebody leaves', household('OWNER', 'ADULT'), 'm1', 'm1', ['m1', undefined, false]],
    ['the owner sends away', household('OWNER', 'ADULT'), 'm0', 'm1', ['m1', undefined, false]],
    ['nobody else does', household('OWNER', 'ADULT', 'ADULT'), 'm1', 'm2', 'MEMBER_NOT_FOUND'],
    ['an adult takes over', household('OWNER', 'CHILD', 'ADULT'), 'm0', 'm0', ['m0', 'm2', false]],
    ['children do not', household('OWNER', 'CHILD'), 'm0', 'm0', ['m0', undefined, true]],
    ['a stranger is not in it', household('OWNER'), 'm0', 'm7', 'MEMBER_NOT_FOUND'],
  ] as const)('%s', ([, given, by, leaving, expected]) => {
    const decided = decideLeaving(given, by, leaving)
    expect(
      decided.ok
        ? [decided.value.places[0]?.memberId, decided.value.heir?.memberId, decided.value.ends]
        : decided.refusal.code,
    ).toEqual(expected)
  })

  test('two relatives who are one person leave together, and neither is the heir', () => {
    const [owner, self, other] = household('OWNER', 'ADULT', 'ADULT').relatives
    const twice = { ...household(), relatives: [owner!, { ...self!, personId: 'm0' }, other!] }
    expect(decideLeaving(twice, 'm0', 'm0')).toMatchObject({
      value: { places: [{ memberId: 'm0' }, { memberId: 'm1' }], heir: { memberId: 'm2' }, ends: false },
    })
  })
})
