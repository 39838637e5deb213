import { runSubgraph } from '../../kernel/serve-subgraph.ts'
import type { Subgraph } from '../../kernel/subgraph.ts'
import { ledger } from './index.ts'

await runSubgraph(ledger as Subgraph)
