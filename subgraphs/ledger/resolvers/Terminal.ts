import type { Terminal as TerminalSource } from '../store/terminals.ts'

export const Terminal = {
  algorithm: ({ publicKey }: TerminalSource) => (publicKey === undefined ? 'HS256' : 'ES256'),
  revokedAt: ({ revokedAt }: TerminalSource) => revokedAt ?? null,
}
