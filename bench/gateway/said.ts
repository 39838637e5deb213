import type { SubgraphName } from '../../kernel/config.ts'

/** What a process of the bench says to it once it listens. */
export interface Listening {
  readonly listening: { readonly url: string; readonly token?: string }
}

export const sayListening = (url: string, token?: string): void =>
  void process.send?.({ listening: { url, token } } satisfies Listening)

export type SubgraphUrls = Readonly<Record<SubgraphName, string>>

/** The port to listen on and where the subgraphs are, as the bench gives them to each process. */
export function given(): { port: number; subgraphs: SubgraphUrls | undefined } {
  const [port = '0', subgraphs] = process.argv.slice(2)
  return { port: Number(port), subgraphs: subgraphs && JSON.parse(subgraphs) }
}
