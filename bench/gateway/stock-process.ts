import '../../gateway/telemetry-off.ts'
import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { withoutSecurityLinks } from '../../gateway/supergraph.ts'
import { supergraphOver } from './fake-subgraphs.ts'
import { given, sayListening } from './said.ts'

// The usual set-up, as its own guide shows it.
const { port, subgraphs } = given()
const supergraphSdl = withoutSecurityLinks(supergraphOver((name) => `${subgraphs![name]}/graphql`))
const server = new ApolloServer({ gateway: new ApolloGateway({ supergraphSdl }) })
const { url } = await startStandaloneServer(server, { listen: { port, host: '127.0.0.1' } })
sayListening(url)
