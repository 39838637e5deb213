import { principalName } from '../../../kernel/auth/principal.ts'
import { once } from '../../../kernel/commands/once.ts'
import type { Condition } from '../../../kernel/conditions/conditions.ts'
import { BadInputError } from '../../../kernel/errors.ts'
import { programFor } from '../../../kernel/programs/known-programs.ts'
import { isUuid, newId } from '../../../kernel/values/ids.ts'
import { DAY_MS, HOUR_MS, toIso } from '../../../kernel/values/instant.ts'
import { fail, ok, type Result } from '../../../kernel/values/result.ts'
import type { IdentityContext } from '../context.ts'
import { tagFacts } from '../domain/facts.ts'
import type { IdentityRefusalCode } from '../domain/refusals.ts'
import {
  builtOn,
  checkCondition,
  checkForm,
  compileSegment,
  type Segment,
  type SegmentRefresh,
} from '../domain/segments.ts'
import { forgetFacts } from '../store/facts.ts'
import {
  countMembers,
  insertSnapshotMembers,
  type Population,
  readFacts,
  sampleMembers,
} from '../store/population.ts'
import {
  findSegments,
  findSnapshots,
  insertSnapshot,
  lockSegments,
  recordChange,
  type Snapshot,
  saveSegment as save,
  saveCount,
  snapshotMembers,
} from '../store/segments.ts'
import { findTagDefinitions } from '../store/tag-definitions.ts'
import { commandOf } from './command.ts'
import { refreshDueFacts } from './refresh-facts.ts'

export interface SaveSegmentInput {
  readonly id: string
  readonly name: string
  readonly description?: string | null
  readonly program?: string | null
  readonly condition: string
  readonly draft?: boolean | null
  readonly refresh?: SegmentRefresh | null
  readonly expectedVersion?: number | null
  readonly idempotencyKey?: string | null
}

type Saved = Result<{ id: string }, IdentityRefusalCode>

/** Makes a segment, or a new version of one. A draft may have a condition that does not hold water yet. */
export async function saveSegment(ctx: IdentityContext, input: SaveSegmentInput): Promise<Saved> {
  return ctx.db.transaction((tx) =>
    once<{ id: string }, IdentityRefusalCode>(tx, commandOf(ctx, 'saveSegment', input), async () => {
      const segments = await lockSegments(tx)
      const known = segments.find(({ id }) => id === input.id)
      const version = known?.version ?? 0
      if (input.expectedVersion != null && input.expectedVersion !== version) {
        return fail('SEGMENT_CHANGED', { path: ['expectedVersion'], details: { version: String(version) } })
      }
      const form = checkForm({ ...input, description: input.description ?? '' })
      if (!form.ok) return form
      const program = await programFor(tx.query, input.program ?? known?.program)
      if (!program) return fail('SEGMENT_NOT_VALID', { path: ['program'], details: { field: 'program' } })
      const { id, name, description, condition } = form.value
      const segment: Segment = {
        id,
        name: name.trim(),
        description,
        condition,
        program: program.slug,
        status: input.draft ? 'DRAFT' : 'LIVE',
        refresh: input.refresh ?? 'NEVER',
        version: version + 1,
        members: undefined,
        countedAt: undefined,
        updatedAt: ctx.now,
        updatedBy: principalName(ctx.principal),
      }
      const users = builtOn(id, segments)
      if (segment.status === 'DRAFT') {
        if (users[0]) return inUse(users[0])
      } else {
        const others = [...segments.filter((other) => other.id !== id), segment]
        for (const one of [segment, ...users]) {
          const checked = checkCondition(one, others)
          if (!checked.ok) return checked
        }
      }
      await save(tx, segment, 'saved')
      return ok({ id })
    }),
  )
}

const inUse = ({ id }: Segment) => fail('SEGMENT_IN_USE', { path: ['id'], details: { by: id } })

/** Takes a segment out of use; it stays to be read. */
export async function archiveSegment(
  ctx: IdentityContext,
  input: { readonly id: string; readonly idempotencyKey?: string | null },
): Promise<Saved> {
  return ctx.db.transaction((tx) =>
    once<{ id: string }, IdentityRefusalCode>(tx, commandOf(ctx, 'archiveSegment', input), async () => {
      const segments = await lockSegments(tx)
      const segment = segments.find(({ id }) => id === input.id)
      if (!segment) return fail('SEGMENT_NOT_FOUND', { path: ['id'] })
      const [user] = builtOn(segment.id, segments)
      if (user) return inUse(user)
      const { updatedBy, updatedAt } = { updatedBy: principalName(ctx.principal), updatedAt: ctx.now }
      const version = segment.version + 1
      await save(tx, { ...segment, status: 'ARCHIVED', version, updatedBy, updatedAt }, 'archived')
      return ok({ id: segment.id })
    }),
  )
}

export const findSegment = async (ctx: IdentityContext, id: string): Promise<Segment | undefined> =>
  (await findSegments(ctx.db.query)).find((segment) => segment.id === id)

async function populationOf(ctx: IdentityContext, program: string | null | undefined): Promise<Population> {
  const found = await programFor(ctx.db.query, program)
  if (!found) throw new BadInputError('There is no such programme.')
  return { program: found.slug, timeZone: found.timeZone, now: ctx.now }
}

/** How many members a segment has at this moment. */
export async function countSegment(ctx: IdentityContext, segment: Segment): Promise<bigint> {
  const condition = compileSegment(segment, await findSegments(ctx.db.query))
  const members = await count(ctx, condition, await populationOf(ctx, segment.program))
  await saveCount(ctx.db.query, segment, members, ctx.now)
  return members
}

/** Counts a live segment now; null for one that is not live. */
export const liveCount = async (ctx: IdentityContext, segment: Segment): Promise<bigint | null> =>
  segment.status === 'LIVE' ? countSegment(ctx, segment) : null

/** Counts a live segment's members now and remembers how many there were. */
export async function refreshSegment(ctx: IdentityContext, { id }: { readonly id: string }): Promise<Saved> {
  const segment = await findSegment(ctx, id)
  if (segment?.status !== 'LIVE') return fail('SEGMENT_NOT_FOUND', { path: ['id'] })
  await countSegment(ctx, segment)
  return ok({ id })
}

/** Lets the facts be built anew from the events. */
export const rebuildFacts = (ctx: IdentityContext): Promise<void> => ctx.db.transaction(forgetFacts)

async function count(ctx: IdentityContext, condition: Condition, population: Population): Promise<bigint> {
  await refreshDueFacts(ctx)
  return ctx.db.transaction((tx) => countMembers(tx, condition, population))
}

export interface Preview {
  readonly members: bigint
  readonly sample: readonly string[]
}

const SAMPLE = 10

/** What a condition would choose, before it is saved. */
export async function previewSegment(
  ctx: IdentityContext,
  { condition, program }: { condition: string; program?: string | null },
): Promise<Result<Preview, IdentityRefusalCode>> {
  const population = await populationOf(ctx, program)
  const segments = await findSegments(ctx.db.query)
  const asked = { program: population.program, condition }
  const checked = checkCondition(asked, segments)
  if (!checked.ok) return checked
  const compiled = compileSegment(asked, segments)
  const members = await count(ctx, compiled, population)
  const sample = await ctx.db.transaction((tx) => sampleMembers(tx, compiled, population, SAMPLE))
  return ok({ members, sample })
}

/** Whether one member belongs to a live segment now; its tags are read as they stand, not as they were last heard of. */
export async function isInSegment(ctx: IdentityContext, memberId: string, id: string): Promise<boolean> {
  const segments = await findSegments(ctx.db.query)
  const segment = segments.find((one) => one.id === id && one.status === 'LIVE')
  if (!segment) return false
  const population = await populationOf(ctx, segment.program)
  const [taxonomy, facts, tags] = await Promise.all([
    findTagDefinitions(ctx.db.query),
    readFacts(ctx.db.query, memberId, population),
    ctx.loaders.tags.load(memberId),
  ])
  if (!facts) return false
  const current = new Map(Object.entries(tagFacts(tags, taxonomy, ctx.now).tags))
  return compileSegment(segment, segments).holds({ ...facts, member: { ...facts.member, tags: current } })
}

/** Writes down who belongs to a segment now, for good. */
export async function snapshotSegment(
  ctx: IdentityContext,
  input: { readonly id: string; readonly idempotencyKey?: string | null },
): Promise<Result<{ id: string }, IdentityRefusalCode>> {
  await refreshDueFacts(ctx)
  return ctx.db.transaction((tx) =>
    once<{ id: string }, IdentityRefusalCode>(tx, commandOf(ctx, 'snapshotSegment', input), async () => {
      const segments = await findSegments(tx.query)
      const segment = segments.find(({ id, status }) => id === input.id && status === 'LIVE')
      if (!segment) return fail('SEGMENT_NOT_FOUND', { path: ['id'] })
      const by = principalName(ctx.principal)
      const id = newId(ctx.now)
      const condition = compileSegment(segment, segments)
      const members = await insertSnapshotMembers(tx, id, condition, await populationOf(ctx, segment.program))
      await insertSnapshot(tx, {
        id,
        segmentId: segment.id,
        segmentVersion: segment.version,
        condition: segment.condition,
        members,
        takenAt: ctx.now,
        takenBy: by,
      })
      await recordChange(tx, segment, 'snapshot', by, ctx.now)
      return ok({ id })
    }),
  )
}

export const findSnapshot = async (ctx: IdentityContext, id: string): Promise<Snapshot | undefined> =>
  isUuid(id) ? (await findSnapshots(ctx.db.query, { id }))[0] : undefined

const HEADER = 'memberId,number,joinedAt,joinedChannel\n'

/** A page of a snapshot as CSV (RFC 4180), the first with the names of the columns; the first is written to the audit. */
export async function exportSnapshot(
  ctx: IdentityContext,
  snapshot: Snapshot,
  { limit, after }: { limit: number; after: string | undefined },
): Promise<{ csv: string; endCursor: string | undefined; hasNextPage: boolean }> {
  const rows = await snapshotMembers(ctx.db.query, { id: snapshot.id, after, limit: limit + 1 })
  const page = rows.slice(0, limit)
  if (after === undefined) {
    const { segmentId: id, segmentVersion: version, condition } = snapshot
    await ctx.db.transaction((tx) =>
      recordChange(tx, { id, version, condition }, 'exported', principalName(ctx.principal), ctx.now),
    )
  }
  // None of these holds a comma, a quote or what a spreadsheet would take for a formula.
  const lines = page.map(
    ({ memberId, number, joinedAt, joinedChannel }) =>
      `${memberId},${number},${toIso(joinedAt)},${joinedChannel}\n`,
  )
  return {
    csv: (after === undefined ? HEADER : '') + lines.join(''),
    endCursor: page.at(-1)?.memberId,
    hasNextPage: rows.length > limit,
  }
}

const EVERY_MS: Record<SegmentRefresh, number> = {
  NEVER: Number.POSITIVE_INFINITY,
  HOURLY: HOUR_MS,
  DAILY: DAY_MS,
}

/** Counts the segments anew whose time has come. */
export async function refreshSegments(ctx: IdentityContext): Promise<void> {
  for (const segment of await findSegments(ctx.db.query)) {
    const due = (segment.countedAt ?? Number.NEGATIVE_INFINITY) + EVERY_MS[segment.refresh] <= ctx.now
    if (segment.status === 'LIVE' && segment.refresh !== 'NEVER' && due) await countSegment(ctx, segment)
  }
}
