import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFakeGateway } from '../gateway/fakes/open-gateway.ts'

interface Audit {
  readonly id: string
  readonly name: string
  fn(): Promise<{ status: string; reason?: string }>
}

// Installed by the command that runs this; the project itself does not need it.
const { serverAudits } = (await import(`${import.meta.dirname}/node_modules/graphql-http/lib/index.mjs`)) as {
  serverAudits(options: { url: () => string }): Audit[]
}

let gateway: Awaited<ReturnType<typeof openFakeGateway>>
let url: string
beforeAll(async () => {
  gateway = await openFakeGateway()
  url = `${await gateway.server.listen({ host: '127.0.0.1', port: 0 })}/graphql`
})
afterAll(() => gateway?.[Symbol.asyncDispose]())

// "error" is a MUST that is not kept, "warn" a SHOULD, "notice" a MAY.
test.for(serverAudits({ url: () => url }).map((audit) => [audit.name, audit] as const))(
  'GraphQL over HTTP: it %s',
  async ([, audit]) => {
    const { status, reason } = await audit.fn()
    expect(['ok', 'notice'], `${status}: ${reason}`).toContain(status)
  },
)
