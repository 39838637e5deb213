import type { Db } from '../../../kernel/db/open-database.ts'
import { type Instant, localDate } from '../../../kernel/values/instant.ts'
import { lastOf, type Patience } from '../../../kernel/values/patience.ts'
import type { Program } from '../domain/program.ts'
import { type ProgramShelf, pickProgram } from './programs.ts'
import { type AccountView, readMemberAccounts, viewFrom } from './reads.ts'

export interface AskedAccount {
  /** Of any time: a member may have been merged since. */
  readonly memberId: string
  /** By its id, or the only one. */
  readonly program: string | null | undefined
  readonly now: Instant
  readonly patience: Patience | undefined
}

export interface CurrentAccount {
  readonly memberId: string
  readonly program: Program
  readonly view: AccountView
  /** Other ids lead to it: of members that were merged into it. */
  readonly joined: boolean
}

/**
 * Members' accounts by the current rules, in one statement: it is asked by the rules that are remembered, and says which
 * versions were current. Where these are others, which is once after each publication, it is asked again by them.
 */
export async function currentAccounts(
  db: Pick<Db, 'within'>,
  shelf: ProgramShelf,
  asked: readonly AskedAccount[],
): Promise<(CurrentAccount | undefined)[]> {
  const query = db.within(lastOf(asked.map(({ patience }) => patience)))
  for (let programs = await shelf.remembered(); ; programs = await shelf.current()) {
    const picked = asked.map(({ program }) => pickProgram(programs, program))
    const { versions, accounts } = await readMemberAccounts(
      query,
      asked.map(({ memberId }, index) => ({ memberId, programKey: picked[index]?.key })),
    )
    if (versions !== versionsOf(programs)) continue
    return accounts.map(({ memberId, joined, ...row }, index) => {
      const program = picked[index]
      if (!program) return undefined
      const today = localDate(asked[index]!.now, program.timeZone)
      return { memberId, program, joined, view: viewFrom({ memberId, programKey: program.key, today }, row) }
    })
  }
}

/** As `readMemberAccounts` writes them; programmes stand in the order of their ids. */
const versionsOf = (programs: readonly Program[]): string =>
  programs.map(({ key, version }) => `${key}@${version}`).join(' ')
