/** Crockford's base32 (https://www.crockford.com/base32.html): no I, L, O, U, so it can be read aloud and typed. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const RANDOM_SYMBOLS = 15

/** Random bytes that a code is made from: 75 bits of them count. */
export const CODE_BYTES = RANDOM_SYMBOLS

/** A code of 16 symbols, the last a check symbol, from at least `CODE_BYTES` random bytes. */
export function codeFrom(random: Uint8Array): string {
  const symbols = Array.from(random.subarray(0, RANDOM_SYMBOLS), (byte) => byte & 31)
  return [...symbols, timesAlpha(checksum(symbols))].map((symbol) => ALPHABET[symbol]).join('')
}

/** What a person typed as a code, or undefined where it can be none: one mistyped or two swapped symbols are noticed. */
export function parseCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
  const symbols = Array.from(code, (character) => ALPHABET.indexOf(character))
  if (symbols.length !== RANDOM_SYMBOLS + 1 || symbols.includes(-1)) return undefined
  return checksum(symbols) === 0 ? code : undefined
}

/** In groups of four, as it is shown. */
export const formatCode = (code: string): string => code.match(/.{4}/g)!.join('-')

/**
 * The symbols as a polynomial over GF(32), at alpha. Alpha's powers up to 30 differ, so a code with one wrong
 * symbol, or with any two swapped, does not come to 0.
 */
const checksum = (symbols: readonly number[]): number =>
  symbols.reduce((sum, symbol) => timesAlpha(sum) ^ symbol, 0)

/** Multiplication by alpha modulo x^5 + x^2 + 1. */
const timesAlpha = (value: number): number => (value & 16 ? (value << 1) ^ 0b100101 : value << 1)
