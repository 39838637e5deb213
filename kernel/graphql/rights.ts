import {
  type ConstDirectiveNode,
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
} from 'graphql'
import { isAnonymous, type Principal, scopeJudge } from '../auth/principal.ts'
import type { Scope } from '../auth/roles.ts'
import { ForbiddenError, UnauthenticatedError } from '../errors.ts'
import { assert, unreachable } from '../values/assert.ts'
import { directivesNamed } from './directives.ts'

/**
 * Rights stand in the SDL and are enforced here, for every field:
 * - `@public`: anyone.
 * - `@authenticated`: anyone who has signed in.
 * - `@requiresScopes(scopes: [["self"], ["members:read"]])`: who holds all scopes of one of the lists.
 * - `@owned(by: "id")` on a type: a member sees only objects whose `by` is its own id.
 *
 * A field without a rule takes that of its type. Root fields and entities can be asked for directly, so they must
 * have one; any other type is reached only through a field that has, and belongs to who may read that field.
 */
export type Rule =
  | { readonly kind: 'public' }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'scopes'; readonly scopes: readonly (readonly Scope[])[] }
  | { readonly kind: 'inherited' }

export interface FieldRule {
  readonly coordinate: string
  readonly rule: Rule
  /** The property of the object that holds the owning member's id. */
  readonly ownedBy: string | undefined
}

/** The rule of each field; `undefined` as rule where none covers it. */
export function fieldRules(schema: GraphQLSchema): (Omit<FieldRule, 'rule'> & { rule: Rule | undefined })[] {
  return objectTypes(schema).flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => !isFederationField(field.name))
      .map((field) => ({
        coordinate: `${type.name}.${field.name}`,
        rule: ruleOf(field) ?? ruleOf(type) ?? (isEntrance(schema, type) ? undefined : { kind: 'inherited' }),
        ownedBy: ownerOf(type),
      })),
  )
}

/**
 * Set on an object that a mutation hands to the person who has just proved to be its owner, and who therefore has no
 * token yet: its own fields are judged for this principal.
 */
export const READER = Symbol('reader')

/** For whom an object's fields are read: the caller, unless the object itself says otherwise. */
export const readerOf = (source: unknown, context: { principal: Principal }): Principal =>
  (source as { [READER]?: Principal } | undefined | null)?.[READER] ?? context.principal

/** Throws where an object's field is not for the caller. */
export type Guard = (source: unknown, context: unknown) => void

const guards = new WeakMap<object, Guard>()

/** Of the resolver of a field that is nothing but a property: what looks at it first. */
export const guardOf = (resolve: object | undefined): Guard | undefined => resolve && guards.get(resolve)

/** Wraps the resolvers of a schema so that each checks its rule first. Throws where a field has none. */
export function enforceRights(schema: GraphQLSchema): void {
  const rules = new Map(fieldRules(schema).map((entry) => [entry.coordinate, entry]))
  for (const type of objectTypes(schema)) {
    for (const field of Object.values(type.getFields())) {
      const entry = rules.get(`${type.name}.${field.name}`)
      if (!entry) continue
      const { rule, ownedBy, coordinate } = entry
      assert(rule, `${coordinate} has a rule that says who may read it`)
      // Nothing to check; and a field with a resolver takes a compiled operation five times as long as one without.
      if ((rule.kind === 'inherited' || rule.kind === 'public') && ownedBy === undefined) continue
      const guard = guardBy(rule, ownedBy)
      const { resolve = defaultFieldResolver } = field
      field.resolve = (source, args, context, info) => {
        guard(source, context)
        return resolve(source, args, context, info)
      }
      if (resolve === defaultFieldResolver) guards.set(field.resolve, guard)
    }
  }
}

function guardBy(rule: Rule, ownedBy: string | undefined): Guard {
  const check = checkOf(rule)
  return (source, context) => {
    const principal = readerOf(source, context as { principal: Principal })
    check?.(principal)
    if (ownedBy !== undefined)
      checkOwner(principal, (source as Record<string, unknown> | undefined)?.[ownedBy])
  }
}

/** Throws where the rule does not let a caller through; undefined: it lets everybody. */
function checkOf(rule: Rule): ((principal: Principal) => void) | undefined {
  switch (rule.kind) {
    case 'public':
    case 'inherited':
      return undefined
    case 'authenticated':
      return (principal) => {
        if (isAnonymous(principal)) throw new UnauthenticatedError()
      }
    case 'scopes': {
      const holds = scopeJudge(rule.scopes)
      return (principal) => {
        if (holds(principal)) return
        throw isAnonymous(principal) ? new UnauthenticatedError() : new ForbiddenError()
      }
    }
    default:
      return unreachable(rule)
  }
}

function checkOwner(principal: Principal, owner: unknown): void {
  if (principal.kind === 'member' && owner !== principal.memberId) throw new ForbiddenError()
}

type Annotated = GraphQLObjectType | GraphQLField<unknown, unknown>

function ruleOf(annotated: Annotated): Rule | undefined {
  if (directive(annotated, 'public')) return { kind: 'public' }
  const scopes = directive(annotated, 'requiresScopes')?.scopes as Scope[][] | undefined
  if (scopes) return { kind: 'scopes', scopes }
  if (directive(annotated, 'authenticated')) return { kind: 'authenticated' }
  return undefined
}

/** The default of the argument stands in each SDL; a type that says no more than `@owned` is owned all the same. */
function ownerOf(type: GraphQLObjectType): string | undefined {
  const owned = directive(type, 'owned')
  return owned && ((owned.by as string | undefined) ?? 'memberId')
}

/** The arguments of a directive, or undefined where it does not stand. */
function directive(annotated: Annotated, name: string): Record<string, unknown> | undefined {
  const nodes: readonly ConstDirectiveNode[] = [
    ...(annotated.astNode?.directives ?? []),
    ...(isObjectType(annotated) ? annotated.extensionASTNodes.flatMap((node) => node.directives ?? []) : []),
  ]
  return directivesNamed(nodes, name)[0]
}

const isEntrance = (schema: GraphQLSchema, type: GraphQLObjectType): boolean =>
  type === schema.getQueryType() ||
  type === schema.getMutationType() ||
  type === schema.getSubscriptionType() ||
  directive(type, 'key') !== undefined

const objectTypes = (schema: GraphQLSchema): GraphQLObjectType[] =>
  Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter((type) => !type.name.startsWith('__') && type.name !== '_Service')

const isFederationField = (name: string): boolean => name === '_service' || name === '_entities'
