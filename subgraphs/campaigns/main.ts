import { runSubgraph } from '../../kernel/serve-subgraph.ts'
import { campaigns } from './index.ts'

await runSubgraph(campaigns)
