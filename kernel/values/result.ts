/**
 * What a caller may meet on a good day is a value, not an exception: a refusal has a code from a closed list,
 * the place in the input that it speaks of, and facts for the message.
 */
export interface Refusal<Code extends string = string> {
  readonly code: Code
  /** Where in the input, e.g. `['lines', '2', 'amount']`. */
  readonly path?: readonly string[]
  /** Facts that the message names, e.g. `{ available: '90' }`. */
  readonly details?: Readonly<Record<string, string>>
}

export type Result<T, Code extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal<Code> }

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value })

export const fail = <Code extends string>(
  code: Code,
  more: Omit<Refusal<Code>, 'code'> = {},
): { readonly ok: false; readonly refusal: Refusal<Code> } => ({ ok: false, refusal: { code, ...more } })
