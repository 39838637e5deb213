import { fail, ok, type Result } from '../../../kernel/values/result.ts'

export type TextFault = 'EMPTY' | 'TOO_LONG' | 'CONTROL_CHARACTERS'

/**
 * Control characters, halves of surrogate pairs, line separators, and the marks that override the direction of writing:
 * nobody types them, and they make a text look like another. Emoji with their joiners and scripts that are written
 * from right to left pass.
 */
const CONTROL = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

/** Brings a text of a person into one form (NFC, trimmed); at most `max` characters as Unicode counts them. */
export function checkText(given: string, max: number): Result<string, TextFault> {
  const text = given.normalize('NFC').trim()
  if (text === '') return fail('EMPTY')
  if (CONTROL.test(text)) return fail('CONTROL_CHARACTERS')
  // A text of twice as many code units cannot fit, so nobody makes us count megabytes.
  if (text.length > 2 * max || Array.from(text).length > max) return fail('TOO_LONG')
  return ok(text)
}
