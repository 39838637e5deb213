import type { ProgramDocument } from './program.ts'
import { amountFaults, type Fault } from './program-fault.ts'

/** What a JSON Schema cannot say of partners: a shop belongs to one of them. */
export function coalitionFaults({ coalition, currency }: ProgramDocument): Fault[] {
  if (!coalition) return []
  const faults = amountFaults(['coalition', 'settle', 'money'], coalition.settle.money, currency, true)
  const owners = new Map<string, string>()
  const once = (name: string, id: string, path: Fault['path']) => {
    const owner = owners.get(name)
    if (owner !== undefined) faults.push({ path, message: `belongs to ${owner} already` })
    owners.set(name, id)
  }
  const ids = new Set<string>()
  for (const [index, partner] of coalition.partners.entries()) {
    const path = ['coalition', 'partners', index] as const
    if (ids.has(partner.id)) {
      faults.push({ path: [...path, 'id'], message: `${partner.id} is there already` })
    }
    ids.add(partner.id)
    for (const key of ['channels', 'stores'] as const) {
      for (const [at, name] of (partner[key] ?? []).entries()) {
        once(`${key}/${name}`, partner.id, [...path, key, at])
      }
    }
  }
  return faults
}
