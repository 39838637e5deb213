import { createGatewayRuntime } from '@graphql-hive/gateway-runtime'

/** Hive's gateway in this process, over a supergraph whose subgraphs listen somewhere; `ask` hands on its headers. */
export function openHive(supergraph) {
  const runtime = createGatewayRuntime({
    supergraph,
    logging: false,
    maskedErrors: false,
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) => ({ 'x-claims': request.headers.get('x-claims') ?? '' }),
    },
  })
  return {
    async ask(body, claims) {
      const response = await runtime.fetch('http://hive/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', 'x-claims': claims },
        body: JSON.stringify(body),
      })
      return response.json()
    },
    close: () => runtime[Symbol.asyncDispose](),
  }
}
