import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { expect, test } from 'vitest'
import { httpSource } from '../../../gateway/execute/http-source.ts'

/** Of nobody: it stands for 127.0.0.1 in this test, and is trusted here only. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCs8eXMCl4ZaVNnWP
fwLCND+XMDN2VqiUq7R2OlxuTkChRANCAAS8rgZuuBxhS9OloMb//uh85zisTnvE
7W1Yi3yT3BOEssAsSA8zY1fHVSnxejTdZZ6LECHmw+8TaND24WF4mgLK
-----END PRIVATE KEY-----`
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUA4kw0Cz1QVP/gDhDsmq9OofDrW8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTIzMDQzNVoYDzIxMjYxMTAx
MjMwNDM1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS8rgZuuBxhS9OloMb//uh85zisTnvE7W1Yi3yT3BOEssAsSA8zY1fH
VSnxejTdZZ6LECHmw+8TaND24WF4mgLKo28wbTAdBgNVHQ4EFgQUxpdgaT+BOrr0
RZhvIKx7MsfVqEAwHwYDVR0jBBgwFoAUxpdgaT+BOrr0RZhvIKx7MsfVqEAwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDSAAwRQIgUVgek+SGiP+VfP6Cczej/eAS9rDiBJmafAFGi+DBmwICIQDb
BAhlE/55af7Dktjoo88N1OSZxRJfKZ2IPyiKNxgEiA==
-----END CERTIFICATE-----`

test('a subgraph that offers HTTP/2 is asked by it, also with several questions at once', async () => {
  const trusted = getCACertificates('default')
  setDefaultCACertificates([...trusted, CERTIFICATE])
  const versions: string[] = []
  const server = createSecureServer(
    { key: KEY, cert: CERTIFICATE, allowHTTP1: true },
    async (request, response) => {
      versions.push(request.httpVersion)
      let body = ''
      for await (const chunk of request) body += chunk
      const { variables } = JSON.parse(body) as { variables: { n: number } }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ data: { n: variables.n } }))
    },
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const source = httpSource(`https://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`)
  try {
    const ask = (n: number) =>
      source.fetch(
        { query: 'query ($n: Int) { n }', operationName: undefined, kind: 'query', variables: { n } },
        undefined,
      )
    expect(await ask(0)).toEqual({ data: { n: 0 } })
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8]
    expect(await Promise.all(numbers.map(ask))).toEqual(numbers.map((n) => ({ data: { n } })))
    expect(new Set(versions)).toEqual(new Set(['2.0']))
  } finally {
    await source[Symbol.asyncDispose]()
    server.close()
    setDefaultCACertificates(trusted)
  }
})
