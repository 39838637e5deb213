import { readFileSync } from 'node:fs'
import { type ConstDirectiveNode, type DirectiveNode, parse, print, visit } from 'graphql'

/** `https://specs.apollo.dev/<name>/v0.1` of what `@apollo/gateway` refuses to load. */
const SECURITY_SPECS = ['authenticated', 'requiresScopes', 'policy'] as const

const isSecurityName = (name: string): boolean =>
  SECURITY_SPECS.some((spec) => name === spec || name.startsWith(`${spec}__`))

/** Where it is unless the configuration says otherwise. */
export const SUPERGRAPH_FILE = new URL('../schema/supergraph.graphql', import.meta.url)

/** What `npm run schema` has composed. */
export const readSupergraph = (file: string | URL = SUPERGRAPH_FILE): string => readFileSync(file, 'utf8')

/**
 * A supergraph as `@apollo/gateway` loads it: without `@authenticated`, `@requiresScopes` and `@policy`, which it
 * leaves to a paid router. Nothing is lost: each subgraph enforces its own directives on every field.
 */
export function withoutSecurityLinks(supergraphSdl: string): string {
  return print(
    visit(parse(supergraphSdl), {
      Directive: (node) => (isSecurityName(node.name.value) || isSecurityLink(node) ? null : undefined),
      DirectiveDefinition: (node) => (isSecurityName(node.name.value) ? null : undefined),
      ScalarTypeDefinition: (node) => (isSecurityScalar(node.name.value) ? null : undefined),
    }),
  )
}

const isSecurityScalar = (name: string): boolean => name === 'federation__Scope' || isSecurityName(name)

function isSecurityLink(node: DirectiveNode | ConstDirectiveNode): boolean {
  if (node.name.value !== 'link') return false
  const url = node.arguments?.find((argument) => argument.name.value === 'url')?.value
  return (
    url?.kind === 'StringValue' &&
    SECURITY_SPECS.some((spec) => url.value.startsWith(`https://specs.apollo.dev/${spec}/`))
  )
}
