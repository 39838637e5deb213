import { documentWith, withRules } from '../program-of.ts'

/** A point and a unit of growth a yuan, whatever the tier: what an order brings can be told without the ledger. */
export const plainClub = documentWith(
  withRules(`
  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "1.00" } }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "1.00" } }`),
)

/** The same, in which points are sent on and corrected, and money is paid in. */
export const clubWithMoney = documentWith(
  withRules(`
  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "1.00" } }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "1.00" } }`),
  [
    'downgrade: to-fit',
    `downgrade: to-fit
transfer: { within: anyone }
adjustments: { limits: { admin: 1000 } }
storedValue:
  topUp: { bonus: [{ from: "50.00", bonus: "5.00" }] }
  refund: { bonus: keep }
  plans:
    - { id: monthly, name: { en: m, zh-CN: m }, amount: "120.00", instalments: 4, firstAfterMonths: 0, onStop: pay-back }`,
  ],
)
