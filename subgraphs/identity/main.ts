import { runSubgraph } from '../../kernel/serve-subgraph.ts'
import { identity } from './index.ts'

await runSubgraph(identity)
