import { runSubgraph } from '../../kernel/serve-subgraph.ts'
import { ledger } from './index.ts'

await runSubgraph(ledger)
