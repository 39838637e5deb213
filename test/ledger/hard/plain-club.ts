import { documentWith, withRules } from '../program-of.ts'

/** A point and a unit of growth a yuan, whatever the tier: what an order brings can be told without the ledger. */
export const plainClub = documentWith(
  withRules(`
  - { id: spend, on: purchase, asset: points, award: { points: 1, per: "1.00" } }
  - { id: growth, on: purchase, asset: growth, award: { points: 1, per: "1.00" } }`),
)
