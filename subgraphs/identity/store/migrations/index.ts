import type { Migration } from '../../../../kernel/db/migrate.ts'
import { MembersAndIdentities1764000000000 } from './1764000000000-members-and-identities.ts'

export const migrations: readonly Migration[] = [MembersAndIdentities1764000000000]
