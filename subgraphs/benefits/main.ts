import { runSubgraph } from '../../kernel/serve-subgraph.ts'
import { benefits } from './index.ts'

await runSubgraph(benefits)
