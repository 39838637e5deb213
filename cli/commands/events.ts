import { userInfo } from 'node:os'
import { SUBGRAPH_NAMES, type SubgraphName } from '../../kernel/config.ts'
import { explain } from '../../kernel/process.ts'
import type { MountedSubgraph } from '../../kernel/subgraph.ts'
import { toIso } from '../../kernel/values/instant.ts'
import { CommandError } from '../command-error.ts'
import { openDeployment } from '../open-deployment.ts'

/** Lists the events whose handlers kept failing, the oldest of each reader first; exit code 1 if there are any. */
export async function listEvents(): Promise<number> {
  return withSubgraphs(async (subgraphs) => {
    let count = 0
    for (const [name, { parked }] of subgraphs) {
      for (const event of await parked.list()) {
        count += 1
        const member = event.memberId === undefined ? '' : `  member ${event.memberId}`
        console.log(
          `${name}:${event.source}:${event.position}  ${event.type}${member}  parked ${toIso(event.parkedAt)}\n  ${event.error}`,
        )
      }
    }
    console.log(count === 0 ? 'no event is parked' : `${count} parked`)
    return count === 0 ? 0 : 1
  })
}

/** Lets one event, or all of them in order, take effect after all; exit code 1 if one fails again. */
export async function retryEvents(id: string | undefined, { all }: { all?: boolean }): Promise<number> {
  if ((id === undefined) === !all)
    throw new CommandError('say which event, as `events list` shows it, or --all')
  return withSubgraphs(async (subgraphs) => {
    let failed = 0
    for (const { name, source, position } of id === undefined ? await everyParked(subgraphs) : [parsed(id)]) {
      const shown = `${name}:${source}:${position}`
      try {
        const found = await subgraphs.get(name)!.parked.retry(source, position, operator())
        if (!found) throw new CommandError('is not parked')
        console.log(`${shown}: has taken effect`)
      } catch (error) {
        failed += 1
        console.log(`${shown}: ${explain(error)}`)
      }
    }
    return failed === 0 ? 0 : 1
  })
}

/** Gives one event up, for a reason that is kept. */
export async function dropEvent(id: string, { reason }: { reason: string }): Promise<number> {
  if (reason.trim() === '') throw new CommandError('--reason: say why')
  return withSubgraphs(async (subgraphs) => {
    const { name, source, position } = parsed(id)
    const found = await subgraphs.get(name)!.parked.drop(source, position, { by: operator(), reason })
    if (!found) throw new CommandError(`${id}: is not parked`)
    console.log(`${id}: dropped`)
    return 0
  })
}

interface Place {
  readonly name: SubgraphName
  readonly source: string
  readonly position: bigint
}

function parsed(id: string): Place {
  const [, name, source, position] = /^(\w+):([\w/-]+):(\d{1,18})$/.exec(id) ?? []
  if (!source || !position || !SUBGRAPH_NAMES.includes(name as SubgraphName)) {
    throw new CommandError(`${id}: is no event; they look like benefits:ledger:42`)
  }
  return { name: name as SubgraphName, source, position: BigInt(position) }
}

async function everyParked(subgraphs: ReadonlyMap<SubgraphName, MountedSubgraph>): Promise<Place[]> {
  const places: Place[] = []
  for (const [name, { parked }] of subgraphs) {
    for (const { source, position } of await parked.list()) places.push({ name, source, position })
  }
  return places
}

/** Who decides is written down beside what was decided. */
const operator = (): string => `cli:${userInfo().username}`

/** All of them: a handler may ask its siblings. */
async function withSubgraphs(
  work: (subgraphs: ReadonlyMap<SubgraphName, MountedSubgraph>) => Promise<number>,
): Promise<number> {
  const deployment = await openDeployment(SUBGRAPH_NAMES)
  try {
    return await work(deployment.mounted)
  } finally {
    await deployment.close()
  }
}
