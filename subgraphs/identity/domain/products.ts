import { isLocalDate } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import { checkText, type TextFault } from './text.ts'

/** How a product came to its owner. */
export type Acquisition = 'REGISTERED' | 'TRANSFERRED'

/**
 * Why it is no longer the owner's: it went to another; a dealer's word outweighed an unverified claim; it was given up.
 */
export type Ending = 'TRANSFERRED' | 'CLAIM_OVERRULED' | 'GIVEN_UP'

/** Who has a serial, when somebody registers it. */
export type Holding =
  | { readonly state: 'free' }
  | { readonly state: 'own' | 'other'; readonly verified: boolean }

export type Registration = 'new' | 'verify' | 'overrule'

/**
 * A serial has one owner. What staff or a channel registers is verified; what a member says of itself is a claim, which
 * gives way to the word of a dealer but not to another claim.
 */
export function decideRegistration(
  holding: Holding,
  verified: boolean,
): Result<Registration, 'PRODUCT_ALREADY_REGISTERED' | 'PRODUCT_OWNED_BY_ANOTHER'> {
  switch (holding.state) {
    case 'free':
      return ok('new')
    case 'own':
      return verified && !holding.verified
        ? ok('verify')
        : fail('PRODUCT_ALREADY_REGISTERED', { path: ['product'] })
    case 'other':
      return verified && !holding.verified
        ? ok('overrule')
        : fail('PRODUCT_OWNED_BY_ANOTHER', { path: ['product'] })
  }
}

export interface ProductFacts {
  readonly model: string | undefined
  readonly boughtOn: string | undefined
  readonly dealer: string | undefined
}

/** What is said of a product besides its serial. It may have been bought up to today, wherever that has begun. */
export function checkProductFacts(
  given: {
    readonly model?: string | null
    readonly boughtOn?: string | null
    readonly dealer?: string | null
  },
  lastDay: string,
): Result<ProductFacts, 'PRODUCT_NOT_VALID'> {
  const facts: { model?: string; dealer?: string } = {}
  for (const field of ['model', 'dealer'] as const) {
    const stated = given[field]
    if (stated == null) continue
    const text = checkText(stated, 64)
    if (!text.ok) return notValid(field, text.refusal.code)
    facts[field] = text.value
  }
  const { boughtOn } = given
  if (boughtOn != null && !(isLocalDate(boughtOn) && boughtOn >= '1900-01-01' && boughtOn <= lastDay)) {
    return notValid('boughtOn', 'FORMAT')
  }
  return ok({ model: facts.model, dealer: facts.dealer, boughtOn: boughtOn ?? undefined })
}

const notValid = (field: string, reason: TextFault | 'FORMAT') =>
  fail('PRODUCT_NOT_VALID', { path: ['product', field], details: { field, reason } })
