import type { RecordedEvent } from '../../../kernel/events/event.ts'
import type { Listener } from '../../../kernel/subgraph.ts'
import { instant } from '../../../kernel/values/instant.ts'
import type {
  ApplicationMoved,
  MembersActivated,
  MembersRegistered,
  ProductRegistered,
} from '../../../schema/events/identity.ts'
import { giveTier, welcomeMembers } from '../actions/enter-members.ts'
import type { LedgerContext } from '../context.ts'
import { entryTierFor } from '../domain/entering.ts'

/**
 * What members get by how they enter. Posted in transactions of their own, and so read apart from who holds accounts
 * while it listens.
 */
const reader = 'entering'

/** Who registers as a full member is there. Those of history have their own gifts. */
const onRegistered: Listener<LedgerContext> = {
  event: 'identity.MembersRegistered',
  reader,
  async handle(_, { payload, occurredAt }: RecordedEvent<string, MembersRegistered>, ctx) {
    if (payload.entry !== undefined || payload.channel === 'IMPORT') return
    const entrants = payload.memberIds.map((memberId) => ({ memberId, joinedAt: occurredAt }))
    await welcomeMembers(ctx, entrants, occurredAt)
  },
}

const onActivated: Listener<LedgerContext> = {
  event: 'identity.MembersActivated',
  reader,
  async handle(_, { payload, occurredAt }: RecordedEvent<string, MembersActivated>, ctx) {
    const entrants = payload.members.map(({ memberId, joinedAt }) => ({
      memberId,
      joinedAt: instant(joinedAt),
    }))
    await welcomeMembers(ctx, entrants, occurredAt)
  },
}

/** By the word of staff or a channel, and the rules of then; what members say of themselves leads nowhere. */
const onProduct: Listener<LedgerContext> = {
  event: 'identity.ProductRegistered',
  reader,
  async handle(_, { payload, memberId, cursor, occurredAt }: RecordedEvent<string, ProductRegistered>, ctx) {
    if (!payload.verified || memberId === undefined) return
    const rules = await ctx.services.programs.at(ctx.db.query, occurredAt)
    for (const program of await ctx.services.programs.current()) {
      const tier = entryTierFor(rules.get(program.key)?.entryTiers ?? [], payload)
      if (tier === undefined || !program.tiers.some(({ id }) => id === tier)) continue
      const reason = `${payload.kind} ${payload.make} ${payload.model ?? ''}`.replace(/ +/g, ' ').trim()
      await giveTier(ctx, { program, memberId, tier, by: 'product', source: cursor.position, reason })
    }
  },
}

const onApplication: Listener<LedgerContext> = {
  event: 'identity.ApplicationApproved',
  reader,
  async handle(_, { payload, memberId }: RecordedEvent<string, ApplicationMoved>, ctx) {
    const { kind, tier, applicationId: source, by } = payload
    if (kind !== 'TIER' || tier === null || memberId === undefined) return
    const program = (await ctx.services.programs.current()).find(({ id }) => id === payload.program)
    if (!program) return
    await giveTier(ctx, { program, memberId, tier, by: 'application', source, reason: `approved by ${by}` })
  },
}

export const onMembersEnter: readonly Listener<LedgerContext>[] = [
  onRegistered,
  onActivated,
  onProduct,
  onApplication,
]
