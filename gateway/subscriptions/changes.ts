import type { RecordedEvent } from '../../kernel/events/event.ts'
import type { Events } from '../../schema/events/index.ts'

export const ASPECTS = ['POINTS', 'TIER', 'ENTITLEMENTS', 'PURCHASES'] as const
export type Aspect = (typeof ASPECTS)[number]

export interface Change {
  readonly memberId: string
  readonly aspect: Aspect
}

type Told = { [Type in keyof Events]?: (payload: Events[Type], memberId: string | undefined) => Change[] }

const own =
  (aspect: Aspect) =>
  (_: unknown, memberId: string | undefined): Change[] =>
    memberId === undefined ? [] : [{ memberId, aspect }]

const told: Told = {
  'ledger.BalancesChanged': ({ accounts }) =>
    accounts.map(({ memberId }) => ({ memberId, aspect: 'POINTS' })),
  'ledger.PurchasesRecorded': ({ purchases }) =>
    purchases.map(({ memberId }) => ({ memberId, aspect: 'PURCHASES' })),
  'ledger.TierChanged': own('TIER'),
  'benefits.EntitlementGranted': own('ENTITLEMENTS'),
  'benefits.EntitlementWrittenOff': own('ENTITLEMENTS'),
}

/** Whose logs tell of changes. */
export const SOURCES = ['ledger', 'benefits'] as const

/** Whom an event concerns, and in what. */
export const changesOf = ({ type, payload, memberId }: RecordedEvent): Change[] =>
  told[type as keyof Events]?.(payload as never, memberId) ?? []
