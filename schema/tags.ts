import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  visit,
} from 'graphql'
import { AUDIENCES, type Audience } from './contract.ts'
import { CALLERS, type FieldVerdicts } from './rights.ts'

/**
 * For which callers of `rights.csv` an audience stands. Who has not signed in may become a
 * member, or stand before a partner's door, so what is open to all is open to every audience.
 */
const callersOf = (audience: Audience): readonly string[] =>
  audience === 'staff'
    ? CALLERS.filter((caller) => !['anonymous', 'member', 'partner'].includes(caller))
    : ['anonymous', audience]

/**
 * The tags of each field, by its rights, so that the two cannot disagree: `member`, `partner` and `staff` say whose
 * contracts have the field, and none of the three that all have; `pii` is personal, `internal` in no contract. What is
 * reached only through another field needs no audience: it goes where that one goes. Fields of inputs have no rights, so
 * their tags stand in the SDL.
 */
export function tagsOf(rows: readonly FieldVerdicts[]): Map<string, readonly string[]> {
  const tags = new Map<string, readonly string[]>()
  for (const [coordinate, same] of Map.groupBy(rows, (row) => row.coordinate)) {
    const may = (caller: string) => same.some(({ verdicts }) => verdicts[caller] !== '-')
    const audiences = AUDIENCES.filter((audience) => callersOf(audience).some(may))
    const internal = same.some(({ notes }) => notes.includes('internal'))
    const named = same.some(({ inherited }) => !inherited) && audiences.length < AUDIENCES.length
    tags.set(coordinate, [
      ...(named && !internal ? audiences : []),
      ...(same.some(({ notes }) => notes.includes('personal')) ? ['pii'] : []),
      ...(internal ? ['internal'] : []),
    ])
  }
  return tags
}

/** A subgraph's document with the tags of its fields. */
export function withTags(document: DocumentNode, tags: ReadonlyMap<string, readonly string[]>): DocumentNode {
  const tagged = (type: ObjectTypeDefinitionNode | ObjectTypeExtensionNode) => ({
    ...type,
    fields: type.fields?.map((field): FieldDefinitionNode => {
      const added = (tags.get(`${type.name.value}.${field.name.value}`) ?? []).map(tag)
      return { ...field, directives: [...(field.directives ?? []), ...added] }
    }),
  })
  return visit(document, {
    ObjectTypeDefinition: tagged,
    ObjectTypeExtension: tagged,
    Directive(node) {
      const directive = node as ConstDirectiveNode
      return isFederationLink(directive) ? importing(directive, '@tag') : undefined
    },
  })
}

const tag = (name: string): ConstDirectiveNode => ({
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: 'tag' },
  arguments: [
    {
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: 'name' },
      value: { kind: Kind.STRING, value: name },
    },
  ],
})

const isFederationLink = ({ name, arguments: given }: ConstDirectiveNode): boolean =>
  name.value === 'link' &&
  (given ?? []).some(
    ({ value }) => value.kind === Kind.STRING && value.value.includes('specs.apollo.dev/federation/'),
  )

const importing = (link: ConstDirectiveNode, element: string): ConstDirectiveNode => ({
  ...link,
  arguments: link.arguments?.map((argument) =>
    argument.name.value === 'import' && argument.value.kind === Kind.LIST
      ? {
          ...argument,
          value: {
            ...argument.value,
            values: [
              ...argument.value.values.filter((one) => one.kind !== Kind.STRING || one.value !== element),
              { kind: Kind.STRING, value: element },
            ],
          },
        }
      : argument,
  ),
})
