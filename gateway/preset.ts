import { readFileSync } from 'node:fs'
import type { GraphClient } from '../kernel/graphql/context.ts'

const PRESET = new URL('../programs/super-member.yaml', import.meta.url)

/** A first start should show something: publishes the super member programme unless there is a programme already. */
export async function publishPreset(graph: GraphClient): Promise<void> {
  const { programs } = await graph.request<{ programs: unknown[] }>('ledger', '{ programs { id } }', {})
  if (programs.length > 0) return
  const { publishProgram: published } = await graph.request<{ publishProgram: Publication }>(
    'ledger',
    `mutation ($document: String!) {
      publishProgram(document: $document) { faults { line message } refusal { code message } }
    }`,
    { document: readFileSync(PRESET, 'utf8') },
  )
  const { refusal, faults } = published
  if (refusal) throw new Error(`programs/super-member.yaml: ${faults[0]?.message ?? refusal.message}`)
}

interface Publication {
  readonly faults: readonly { readonly line: number | null; readonly message: string }[]
  readonly refusal: { readonly code: string; readonly message: string } | null
}
