import { grouped } from '../import/progress.ts'
import { openDeployment } from '../open-deployment.ts'

const CHECK = '{ ledgerCheck { clean entries accounts violations { check memberId detail } } }'

interface Checked {
  readonly ledgerCheck: {
    readonly clean: boolean
    readonly entries: number
    readonly accounts: number
    readonly violations: readonly {
      readonly check: string
      /** Null: the programme's. */
      readonly memberId: string | null
      readonly detail: string
    }[]
  }
}

/** Recomputes the books from their entries; fails if a single promise of theirs is broken. */
export async function checkLedger(): Promise<number> {
  const deployment = await openDeployment(['ledger'])
  try {
    const { ledgerCheck } = await deployment.request<Checked>('ledger', CHECK)
    const { clean, entries, accounts, violations } = ledgerCheck
    console.log(`${grouped(entries)} entries recomputed, ${grouped(accounts)} accounts compared`)
    for (const { check, memberId, detail } of violations)
      console.log(`${check}: ${memberId === null ? '' : `member ${memberId}: `}${detail}`)
    console.log(clean ? 'the books are right' : `${violations.length} violations`)
    return clean ? 0 : 1
  } finally {
    await deployment.close()
  }
}
