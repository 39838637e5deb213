import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { combineConsents, currentConsents } from '../domain/consents.ts'
import { differing, missing } from '../domain/join-profiles.ts'
import { KINDS } from '../domain/kinds.ts'
import { type BonusPolicy, type MergeCase, SIBLINGS } from '../domain/merge-case.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import { askPreview } from '../services/siblings.ts'
import { currentGuide } from '../store/guides.ts'
import type { MemberRow } from '../store/members.ts'
import { compareProfiles } from './join-profiles.ts'

export interface MergePreviewInput {
  readonly fromMemberId: string
  readonly intoMemberId: string
  readonly bonuses: BonusPolicy
}

type Kind =
  | 'PROFILE_DIFFERS'
  | 'TWO_ACCOUNTS'
  | 'TWO_GUIDES'
  | 'TWO_HOUSEHOLDS'
  | 'CONSENT_DIFFERS'
  | 'ENTITLEMENT_TWICE'
  | 'TASK_BEYOND_LIMIT'
  | 'BONUS_TWICE'

export interface MergeConflict {
  readonly kind: Kind
  readonly program?: string
  readonly subject: string
  /** What the policy that was asked about does with it. */
  readonly takenBack: boolean
}

interface Sum {
  readonly from: string
  readonly into: string
  readonly together: string
}

export interface LedgerMerge {
  readonly programs: readonly {
    readonly program: string
    readonly points: Sum
    readonly growth: Sum
    readonly tier: Sum
    readonly documents: number
  }[]
  readonly bonuses: readonly {
    readonly program: string
    readonly subject: string
    readonly takenBack: boolean
  }[]
}

export interface MergePreview {
  readonly from: MemberRow
  readonly into: MemberRow
  readonly identities: number
  readonly tags: number
  readonly products: number
  readonly consents: number
  readonly profileFilled: readonly string[]
  readonly entitlements: number
  readonly participations: number
  readonly programs: LedgerMerge['programs']
  readonly conflicts: readonly MergeConflict[]
}

/** What a merge would do, in every part; nothing changes. */
export async function previewMerge(
  ctx: IdentityContext,
  input: MergePreviewInput,
): Promise<Result<MergePreview, IdentityRefusalCode>> {
  const [from, into] = await Promise.all([
    ctx.loaders.member.load(input.fromMemberId),
    ctx.loaders.member.load(input.intoMemberId),
  ])
  if (!from || from.status === 'ERASED') return fail('MEMBER_NOT_FOUND', { path: ['fromMemberId'] })
  if (!into || into.status === 'ERASED') return fail('MEMBER_NOT_FOUND', { path: ['intoMemberId'] })
  if (from.id === into.id) return fail('MERGE_WITH_ITSELF')
  const asked = { fromId: from.id, intoId: into.id, bonuses: input.bonuses }
  const there = await previewThere(ctx, asked)
  const here = await previewHere(ctx, from, into)
  return ok({
    from,
    into,
    ...here.counts,
    entitlements: there.benefits.entitlements,
    participations: there.campaigns.participations,
    programs: there.ledger.programs,
    conflicts: [...here.conflicts, ...conflictsThere(there)],
  })
}

interface There {
  readonly campaigns: {
    readonly participations: number
    readonly surplus: readonly { readonly program: string; readonly campaign: string; readonly day: string }[]
    readonly takenBack: boolean
  }
  readonly benefits: {
    readonly entitlements: number
    readonly duplicates: readonly {
      readonly program: string
      readonly benefit: string
      readonly source: string
      readonly setAside: unknown
    }[]
  }
  readonly ledger: LedgerMerge
}

async function previewThere(
  ctx: IdentityContext,
  asked: Pick<MergeCase, 'fromId' | 'intoId' | 'bonuses'>,
): Promise<There> {
  const answers: Record<string, unknown> = {}
  for (const sibling of SIBLINGS) answers[sibling] = await askPreview(ctx.graph, sibling, asked, answers)
  return answers as unknown as There
}

const conflictsThere = ({ campaigns, benefits, ledger }: There): MergeConflict[] => [
  ...benefits.duplicates.map(
    ({ program, benefit, source, setAside }): MergeConflict => ({
      kind: 'ENTITLEMENT_TWICE',
      program,
      subject: `${benefit} (${source})`,
      takenBack: setAside !== null,
    }),
  ),
  ...campaigns.surplus.map(
    ({ program, campaign, day }): MergeConflict => ({
      kind: 'TASK_BEYOND_LIMIT',
      program,
      subject: `${campaign} ${day}`,
      takenBack: campaigns.takenBack,
    }),
  ),
  ...ledger.bonuses.map((bonus): MergeConflict => ({ kind: 'BONUS_TWICE', ...bonus })),
]

async function previewHere(ctx: IdentityContext, from: MemberRow, into: MemberRow) {
  const { loaders } = ctx
  const of = async (id: string) => ({
    identities: await loaders.identities.load(id),
    tags: await loaders.tags.load(id),
    products: (await loaders.products.load(id)).filter(({ ownedUntil }) => ownedUntil === undefined),
    consents: currentConsents(combineConsents(await loaders.consents.load(id))),
    guide: currentGuide(await loaders.guides.load(id))?.guide,
    household: await loaders.household.load(id),
  })
  const [a, b, profiles] = [
    await of(from.id),
    await of(into.id),
    await compareProfiles(ctx, asIds(from, into)),
  ]
  const conflict = (kind: Kind, subjects: readonly string[]): MergeConflict[] =>
    [...new Set(subjects)].map((subject) => ({ kind, subject, takenBack: false }))
  const twoAccounts = a.identities.filter(
    (one) =>
      KINDS[one.kind].single &&
      b.identities.some(({ kind, scope }) => kind === one.kind && scope === one.scope),
  )
  const unlike = a.consents.filter((one) =>
    b.consents.some(
      ({ purpose, channel, given }) =>
        purpose === one.purpose && channel === one.channel && given !== one.given,
    ),
  )
  const two = (one: string | undefined, other: string | undefined): string[] =>
    one !== undefined && other !== undefined && one !== other ? [one] : []
  return {
    counts: {
      identities: a.identities.length,
      tags: a.tags.length,
      products: a.products.length,
      consents: a.consents.length,
      profileFilled: missing(profiles.into, profiles.from),
    },
    conflicts: [
      ...conflict('PROFILE_DIFFERS', differing(profiles.into, profiles.from)),
      ...conflict(
        'TWO_ACCOUNTS',
        twoAccounts.map(({ kind }) => kind),
      ),
      ...conflict('TWO_GUIDES', two(a.guide, b.guide)),
      ...conflict('TWO_HOUSEHOLDS', two(a.household?.id, b.household?.id)),
      ...conflict(
        'CONSENT_DIFFERS',
        unlike.map(({ purpose, channel }) => `${purpose} ${channel}`),
      ),
    ],
  }
}

const asIds = (from: MemberRow, into: MemberRow) => ({ fromId: from.id, intoId: into.id })
