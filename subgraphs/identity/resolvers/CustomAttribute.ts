import type { AttributeDefinition as Definition } from '../../../schema/events/program.ts'
import type { IdentityContext } from '../context.ts'
import type { AttributeView } from '../domain/attributes.ts'

const typeOf = ({ type }: Definition): string => type.toUpperCase()

export const CustomAttribute = {
  id: ({ definition }: AttributeView) => definition.id,
  name: ({ definition }: AttributeView, _: unknown, ctx: IdentityContext) => definition.name[ctx.language],
  type: ({ definition }: AttributeView) => typeOf(definition),
}

export const AttributeDefinition = {
  name: ({ name }: Definition, _: unknown, ctx: IdentityContext) => name[ctx.language],
  type: typeOf,
}
