/** Texts that clients have sent once with their hash, so that the hash will do (automatic persisted queries). */
export interface LearnedDocuments {
  get(id: string): string | undefined | Promise<string | undefined>
  put(id: string, text: string): void
}

/** Of all texts together; clients could fill the memory otherwise. */
const CHARACTERS_MAX = 2_000_000

/** In this process; those not used for longest are forgotten first. */
export function memoryDocuments(charactersMax = CHARACTERS_MAX): LearnedDocuments {
  const texts = new Map<string, string>()
  let characters = 0
  return {
    get(id) {
      const text = texts.get(id)
      if (text !== undefined) {
        texts.delete(id)
        texts.set(id, text)
      }
      return text
    },
    put(id, text) {
      if (texts.has(id)) return
      texts.set(id, text)
      characters += text.length
      for (const [oldest, old] of texts) {
        if (characters <= charactersMax) break
        texts.delete(oldest)
        characters -= old.length
      }
    },
  }
}
