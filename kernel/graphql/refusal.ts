import type { Refusal, Result } from '../values/result.ts'

export type Language = 'en' | 'zh-CN'

/** Texts of refusals by code; `{name}` stands for a detail. Codes never change, texts may. */
export type Messages = Readonly<Record<string, Readonly<Record<Language, string>>>>

export interface RefusalPayload {
  readonly code: string
  readonly message: string
  readonly path: readonly string[]
  readonly details: readonly { readonly name: string; readonly value: string }[]
}

export function refusalPayload(refusal: Refusal, messages: Messages, language: Language): RefusalPayload {
  const details = refusal.details ?? {}
  const text = messages[refusal.code]?.[language] ?? refusal.code
  return {
    code: refusal.code,
    message: text.replace(/\{(\w+)\}/g, (_, name: string) => details[name] ?? ''),
    path: refusal.path ?? [],
    details: Object.entries(details).map(([name, value]) => ({ name, value })),
  }
}

/** Every mutation answers with its result or with the reason why not. */
export function mutationPayload<T, Key extends string>(
  key: Key,
  result: Result<T>,
  speaker: { messages: Messages; language: Language },
): Record<string, unknown> {
  return result.ok
    ? { [key]: result.value }
    : { refusal: refusalPayload(result.refusal, speaker.messages, speaker.language) }
}

/** The best of our languages for an `Accept-Language` header. */
export function languageOf(header: string | undefined): Language {
  if (header === undefined) return 'en'
  const wanted = header.split(',').map((part) => part.trim().toLowerCase())
  const known = wanted.find((tag) => tag.startsWith('zh') || tag.startsWith('en'))
  return known?.startsWith('zh') ? 'zh-CN' : 'en'
}
