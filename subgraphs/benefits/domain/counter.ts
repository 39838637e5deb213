/** Who stands behind the counter: decides which benefits can be verified and written off there. */
export type Counter =
  | { readonly kind: 'partner'; readonly partner: string }
  /** A clerk of the brand. Without a store it serves them all. */
  | { readonly kind: 'clerk'; readonly store: string | undefined }
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
