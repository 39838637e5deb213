import { NEVER } from '../../../kernel/values/instant.ts'
import type { LotView } from '../store/reads.ts'

export const Lot = {
  expiresOn: ({ expiresOn }: LotView) => (expiresOn === NEVER ? null : expiresOn),
}
