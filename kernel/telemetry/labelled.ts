export type Labels<Label extends string> = Readonly<Record<Label, string | number>>

type Branch = Map<string | number, unknown>

/** A value for each set of labels, found by their own texts: a key made of all of them would have to be hashed anew each time. */
export class Labelled<Label extends string, Value> {
  readonly #labelNames: readonly Label[]
  readonly #make: () => Value
  #root: Branch = new Map()
  #all: { labels: Labels<Label>; value: Value }[] = []

  constructor(labelNames: readonly Label[], make: () => Value) {
    this.#labelNames = labelNames
    this.#make = make
  }

  of(labels: Labels<Label>): Value {
    const last = this.#labelNames.length - 1
    let branch = this.#root
    for (let index = 0; index < last; index++) {
      const label = labels[this.#labelNames[index]!]
      let next = branch.get(label) as Branch | undefined
      if (!next) {
        next = new Map()
        branch.set(label, next)
      }
      branch = next
    }
    const label = labels[this.#labelNames[last]!]
    let value = branch.get(label) as Value | undefined
    if (value === undefined) {
      value = this.#make()
      branch.set(label, value)
      this.#all.push({ labels: { ...labels }, value })
    }
    return value
  }

  get all(): readonly { readonly labels: Labels<Label>; readonly value: Value }[] {
    return this.#all
  }

  clear(): void {
    this.#root = new Map()
    this.#all = []
  }
}
