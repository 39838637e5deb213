import { type ConsentInput, stateConsent } from '../../actions/consents.ts'
import type { IdentityContext } from '../../context.ts'
import { member, payload } from '../payload.ts'

export const giveConsent = async (_: unknown, { input }: { input: ConsentInput }, ctx: IdentityContext) =>
  payload(ctx, await stateConsent(ctx, input, true), ({ memberId }) => ({ member: member(ctx, memberId) }))
