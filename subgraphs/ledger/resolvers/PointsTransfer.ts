import type { Transfer } from '../store/transfers.ts'

export const PointsTransfer = {
  state: ({ state }: Transfer) => (state === 'received' ? 'RECEIVED' : 'IN_TRANSIT'),
  at: ({ askedAt }: Transfer) => askedAt,
}
