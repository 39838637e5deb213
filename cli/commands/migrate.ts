import { readConfig, SUBGRAPH_NAMES } from '../../kernel/config.ts'
import { migrateSubgraph } from '../../kernel/subgraph.ts'
import { loadSubgraphs, openDeploymentDatabase } from '../open-deployment.ts'

/** Brings the schemas of all subgraphs up to date and says what was applied. */
export async function migrateAll(): Promise<number> {
  const config = readConfig()
  const subgraphs = await loadSubgraphs(SUBGRAPH_NAMES)
  await using database = await openDeploymentDatabase(config)
  for (const subgraph of subgraphs) {
    const { applied } = await migrateSubgraph(subgraph, database.url)
    console.log(`${subgraph.name}: ${applied.length > 0 ? `applied ${applied.join(', ')}` : 'up to date'}`)
  }
  return 0
}
