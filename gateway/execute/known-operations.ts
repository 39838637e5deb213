import type { CompiledOperation } from './operation.ts'

/**
 * Compiled operations by the text of their document and the name asked for; those not used for longest are forgotten
 * first. Callers shape documents, and could fill the memory with them: compiled, a text takes some hundred times as
 * much, so the length of all texts together is bounded.
 */
export class KnownOperations {
  readonly #charactersMax: number
  readonly #operations = new Map<string, CompiledOperation>()
  /** Those of trusted documents: known from the start, and never forgotten. */
  readonly #kept = new Map<string, CompiledOperation>()
  #characters = 0

  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax
  }

  get(source: string, operationName: string | undefined): CompiledOperation | undefined {
    const key = keyOf(source, operationName)
    const kept = this.#kept.get(key)
    if (kept) return kept
    const operation = this.#operations.get(key)
    if (operation) {
      this.#operations.delete(key)
      this.#operations.set(key, operation)
    }
    return operation
  }

  /** The operations used last, those used longest ago first. */
  latest(
    count: number,
  ): { source: string; operationName: string | undefined; operation: CompiledOperation }[] {
    return [...this.#operations].slice(-count).map(([key, operation]) => {
      const [source, operationName] = key.split('\0') as [string, string | undefined]
      return { source, operationName, operation }
    })
  }

  keep(source: string, operation: CompiledOperation): void {
    this.#kept.set(keyOf(source, undefined), operation)
    this.#kept.set(keyOf(source, operation.name), operation)
  }

  set(source: string, operationName: string | undefined, operation: CompiledOperation): void {
    const key = keyOf(source, operationName)
    if (!this.#operations.has(key)) this.#characters += key.length
    this.#operations.set(key, operation)
    for (const oldest of this.#operations.keys()) {
      if (this.#characters <= this.#charactersMax) break
      this.#operations.delete(oldest)
      this.#characters -= oldest.length
    }
  }
}

/** No document holds a NUL. */
const keyOf = (source: string, operationName: string | undefined): string =>
  operationName === undefined || operationName === '' ? source : `${source}\0${operationName}`
