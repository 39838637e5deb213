/** Who stands behind the counter: decides which benefits can be verified and written off there. */
export type Counter =
  | { readonly kind: 'partner'; readonly partner: string }
  /** A clerk or manager of the brand, in the stores where it serves; undefined: in all. */
  | { readonly kind: 'clerk'; readonly stores: readonly string[] | undefined }
  | { readonly kind: 'headquarters' }

/** Is a benefit of this partner (undefined: of the brand) handled at this counter? */
export function handles(counter: Counter, partner: string | undefined): boolean {
  switch (counter.kind) {
    case 'partner':
      return partner === counter.partner
    case 'clerk':
      return partner === undefined
    case 'headquarters':
      return true
  }
}
