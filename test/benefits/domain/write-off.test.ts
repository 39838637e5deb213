import { describe, expect, it } from 'vitest'
import type { EntitlementId, MemberId } from '../../../kernel/values/ids.ts'
import { instant, later } from '../../../kernel/values/instant.ts'
import type { Counter } from '../../../subgraphs/benefits/domain/counter.ts'
import { type Entitlement, stateOf } from '../../../subgraphs/benefits/domain/entitlement.ts'
import {
  decideReversal,
  decideWriteOff,
  nextNumber,
  REVERSAL_WINDOW_MS,
  type WriteOff,
} from '../../../subgraphs/benefits/domain/write-off.ts'

const from = instant('2026-01-01T00:00:00Z')
const until = instant('2026-02-01T00:00:00Z')
const now = instant('2026-01-10T00:00:00Z')

const active: Entitlement = {
  memberId: 'm' as MemberId,
  holderId: 'm' as MemberId,
  id: 'e' as EntitlementId,
  program: 'super-member',
  benefit: 'ticket',
  benefitVersion: 1,
  source: 'tier:vip#1',
  code: '',
  usesTotal: 2,
  usesLeft: 1,
  validFrom: from,
  validUntil: until,
  grantedAt: from,
  revokedAt: undefined,
  setAsideBy: undefined,
}
const usedUp = { ...active, usesLeft: 0 }
const expired = { ...usedUp, validUntil: now }
const notYet = { ...usedUp, validFrom: later(now, 1) }
const revoked = { ...notYet, revokedAt: from }

describe('the state of an entitlement', () => {
  it.each([
    [active, now, 'ACTIVE'],
    [active, from, 'ACTIVE'],
    [active, later(from, -1), 'NOT_YET_VALID'],
    [active, later(until, -1), 'ACTIVE'],
    [active, until, 'EXPIRED'],
    [usedUp, now, 'USED_UP'],
    [expired, now, 'EXPIRED'],
    [notYet, now, 'NOT_YET_VALID'],
    [revoked, now, 'REVOKED'],
  ])('%# is %s', (entitlement, at, state) => {
    expect(stateOf(entitlement, at)).toBe(state)
  })
})

const headquarters: Counter = { kind: 'headquarters' }
const cinema: Counter = { kind: 'partner', partner: 'cinema' }
const clinic: Counter = { kind: 'partner', partner: 'clinic' }
const clerk: Counter = { kind: 'clerk', stores: ['s1'] }

const writeOffOf = (
  entitlement: Entitlement,
  counter: Counter,
  { partner, stores, store }: { partner?: string; stores?: string[]; store?: string },
) => {
  const name = { en: '', 'zh-CN': '' }
  const definition = {
    id: 'ticket',
    name,
    type: 'goods',
    class: 'basic',
    usesByTier: {},
    validMonths: 1,
    partner,
    stores,
  } as const
  const decision = decideWriteOff({ found: { entitlement, definition }, counter, store, now })
  return decision.ok ? 'ok' : decision.refusal.code
}

describe('a write-off, refusals in order of precedence', () => {
  it.each<[Entitlement, Counter, Parameters<typeof writeOffOf>[2], string]>([
    // a stranger's entitlement is not told from none, whatever else is wrong with it
    [revoked, clinic, { partner: 'cinema', stores: ['s2'] }, 'ENTITLEMENT_NOT_FOUND'],
    [revoked, cinema, {}, 'ENTITLEMENT_NOT_FOUND'],
    [revoked, clerk, { partner: 'cinema' }, 'ENTITLEMENT_NOT_FOUND'],
    [revoked, clerk, { stores: ['s2'], store: 's1' }, 'STORE_NOT_ALLOWED'],
    [revoked, cinema, { partner: 'cinema', stores: ['s2'] }, 'STORE_NOT_ALLOWED'],
    [revoked, clerk, { stores: ['s1'], store: 's1' }, 'ENTITLEMENT_REVOKED'],
    [notYet, cinema, { partner: 'cinema' }, 'ENTITLEMENT_NOT_YET_VALID'],
    [expired, cinema, { partner: 'cinema' }, 'ENTITLEMENT_EXPIRED'],
    [usedUp, cinema, { partner: 'cinema' }, 'ENTITLEMENT_USED_UP'],
    [active, cinema, { partner: 'cinema' }, 'ok'],
    [active, clerk, { store: 's1' }, 'ok'],
    [active, headquarters, { partner: 'cinema' }, 'ok'],
    [active, headquarters, {}, 'ok'],
  ])('%#: %s', (entitlement, counter, rest, expected) => {
    expect(writeOffOf(entitlement, counter, rest)).toBe(expected)
  })

  it('does not know a code that does not exist', () => {
    const decision = decideWriteOff({ found: undefined, counter: headquarters, store: undefined, now })
    expect(decision).toMatchObject({ ok: false, refusal: { code: 'ENTITLEMENT_NOT_FOUND' } })
  })
})

describe('a reversal, refusals in order of precedence', () => {
  const made: WriteOff = {
    holderId: 'm' as MemberId,
    id: 'w',
    entitlementId: 'e' as EntitlementId,
    number: 1,
    partner: 'cinema',
    store: 's1',
    at: from,
    reversedAt: undefined,
  }
  const over = later(from, REVERSAL_WINDOW_MS)
  const ofBrand = { ...made, partner: undefined }

  it.each<[WriteOff | undefined, Counter, typeof now, string]>([
    [undefined, headquarters, over, 'WRITE_OFF_NOT_FOUND'],
    [{ ...made, reversedAt: from }, clinic, over, 'WRITE_OFF_NOT_FOUND'],
    [made, clerk, from, 'WRITE_OFF_NOT_FOUND'],
    [{ ...ofBrand, store: 's2' }, clerk, from, 'WRITE_OFF_NOT_FOUND'],
    [{ ...made, reversedAt: from }, cinema, over, 'WRITE_OFF_ALREADY_REVERSED'],
    [made, cinema, over, 'REVERSAL_WINDOW_OVER'],
    [made, cinema, later(over, -1), 'ok'],
    [ofBrand, clerk, from, 'ok'],
    [made, headquarters, from, 'ok'],
  ])('%#: %s', (writeOff, counter, at, expected) => {
    const decision = decideReversal(writeOff, counter, at)
    expect(decision.ok ? 'ok' : decision.refusal.code).toBe(expected)
  })
})

it.each([
  [[], 1],
  [[1], 2],
  [[2], 1],
  [[1, 3], 2],
])('after standing write-offs %j comes number %i', (standing, number) => {
  expect(nextNumber(standing)).toBe(number)
})
