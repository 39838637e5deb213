import type { Strength } from './one-id.ts'

/**
 * What becomes of an identifier whose person was erased, when it comes again.
 * - `by-proof`: who proves it begins anew, as a stranger; the word of others brings nobody back.
 * - `never`: nobody becomes a member with it again.
 */
export type ErasedReturn = 'by-proof' | 'never'

export const mayReturn = (policy: ErasedReturn, strength: Strength): boolean =>
  policy === 'by-proof' && strength === 'proved'
