import { readFileSync } from 'node:fs'
import type { Principal } from '../../kernel/auth/principal.ts'
import type { GraphQLAnswer } from '../../kernel/graphql/execute.ts'
import { admin } from '../helpers/graph.ts'
import { memberId } from './open-ledger.ts'
import type { OpenLedger, RefusalAnswer } from './requests.ts'

export const autoBrand = readFileSync(new URL('../../programs/auto-brand.yaml', import.meta.url), 'utf8')

export const PERFORM = `mutation Perform($input: RecordActivityInput!) {
  recordActivity(input: $input) {
    duplicate
    activity {
      id code quantity document points growth awards { rule line asset amount } skipped { rule reason }
      tierBefore { id } tierAfter { id }
    }
    refusal { code path message details { name value } }
  }
}`

export interface PerformedActivity {
  duplicate: boolean
  activity: {
    id: string
    code: string
    quantity: number
    points: number
    growth: number
    awards: { rule: string; line: number | null; asset: string; amount: number }[]
    skipped: { rule: string; reason: string }[]
    tierBefore: { id: string }
    tierAfter: { id: string }
  } | null
  refusal: RefusalAnswer | null
}

type Fields = Record<string, unknown>

const inputOf = (name: string, code: string, more: Fields & { document: string }): Fields => ({
  memberId: memberId(name),
  code,
  idempotencyKey: `${code} ${more.document}`,
  ...more,
})

/** A member has done something. */
export async function perform(
  ledger: OpenLedger,
  name: string,
  code: string,
  more: Fields & { document: string },
): Promise<PerformedActivity> {
  const answer = await ledger.ask<{ recordActivity: PerformedActivity }>(admin, PERFORM, {
    input: inputOf(name, code, more),
  })
  return answer.recordActivity
}

export const tryPerform = (ledger: OpenLedger, as: Principal, name: string): Promise<GraphQLAnswer> =>
  ledger.tryAsk(as, PERFORM, { input: inputOf(name, 'sign-in', { document: 'd' }) })
