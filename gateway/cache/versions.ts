import type { SubgraphName } from '../../kernel/config.ts'
import type { Cursor } from '../../kernel/events/event.ts'

/** Members whose latest change is remembered one by one; some 10 MB. */
const MEMBERS_MAX = 100_000

interface Version {
  /** By the log, the same at all gateways. */
  readonly name: string
  /** What was done here and is not in the log yet. */
  readonly here: number
  /** The log has been read to its end. */
  readonly isKnown: boolean
}

/**
 * What answers depend on, as versions: an answer is kept under those at which its computing began, and asked for under
 * those of now. So what was computed before a change is not found after it, whenever it is stored.
 */
export class Versions {
  readonly #subgraphs = new Map<SubgraphName, Version>()
  readonly #members = new Map<string, number>()
  /** Of all members together; it moves where single ones are forgotten. */
  #ofAll = 0
  #changes = 0

  /** Undefined: it is not known what changed lately, so nothing of it may be kept. */
  ofSubgraphs(names: readonly string[]): string | undefined {
    let text = ''
    for (const name of names) {
      const version = this.#subgraphs.get(name as SubgraphName)
      if (!version?.isKnown) return undefined
      text += version.here === 0 ? `${version.name} ` : `${version.name}+${process.pid}.${version.here} `
    }
    return text
  }

  /** What changes of a member, identity tells. */
  ofMember(memberId: string): string | undefined {
    if (!this.#subgraphs.get('identity')?.isKnown) return undefined
    return `${this.#ofAll}.${this.#members.get(memberId) ?? 0}`
  }

  /** All of the subgraph's log has been read, and this is its version. */
  reach(subgraph: SubgraphName, name: string): void {
    const known = this.#subgraphs.get(subgraph)
    this.#subgraphs.set(subgraph, { name, here: known?.name === name ? known.here : 0, isKnown: true })
  }

  /** There is more to read, or it cannot be read. */
  lose(subgraph: SubgraphName): void {
    const known = this.#subgraphs.get(subgraph)
    if (known) this.#subgraphs.set(subgraph, { ...known, isKnown: false })
  }

  nameOf(subgraph: SubgraphName): string | undefined {
    return this.#subgraphs.get(subgraph)?.name
  }

  /** Changed here since it had that name; if its event is still to come, other gateways keep theirs until they hear of it. */
  dropHere(subgraph: SubgraphName, since: string | undefined): void {
    const known = this.#subgraphs.get(subgraph)
    if (!known || known.name !== since) return
    this.#changes += 1
    this.#subgraphs.set(subgraph, { ...known, here: this.#changes })
  }

  dropMember(memberId: string): void {
    if (this.#members.size >= MEMBERS_MAX && !this.#members.has(memberId)) {
      this.#members.clear()
      this.#ofAll += 1
    }
    this.#changes += 1
    this.#members.set(memberId, this.#changes)
  }
}

/** Where a subgraph's rules stand, and from where on its log has to be read to know when they change. */
export interface KnownVersion {
  readonly version: string
  readonly cursor: Cursor
}

/** Versions that several gateways agree on, so that one finds what another has kept. */
export interface KnownVersions {
  /** What is known, or from now on what is given. */
  begin(subgraph: SubgraphName, here: KnownVersion): Promise<KnownVersion>
  /** So many events were read since it was told last. */
  moved(subgraph: SubgraphName, to: KnownVersion, events: number): void
}
