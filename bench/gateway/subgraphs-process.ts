import type { Claims } from '../../kernel/auth/request-signature.ts'
import { SUBGRAPH_NAMES } from '../../kernel/config.ts'
import { fakeSubgraph } from './fake-subgraphs.ts'
import { formerSubgraph } from './former-subgraphs.ts'
import { rawServer } from './raw-server.ts'

// Four lean subgraphs, the same for every gateway: each at /graphql of its own port, and by Federation 1 at /former. Who
// asks is not checked; rights are.
const claims: Claims = {
  principal: { kind: 'staff', staffId: 'bench', role: 'admin' },
  language: 'en',
  requestId: 'bench',
}
const urls: [string, string][] = []
for (const name of SUBGRAPH_NAMES) {
  const run = fakeSubgraph(name)
  const former = formerSubgraph(name)
  const listen = rawServer(async (url, body) => {
    const request = JSON.parse(body)
    return JSON.stringify(await (url === '/former' ? former(request) : run(request, claims)))
  })
  urls.push([name, await listen(0)])
}
process.send?.({ listening: { url: JSON.stringify(Object.fromEntries(urls)) } })
