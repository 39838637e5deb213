import type { Db } from '../../../kernel/db/open-database.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import { publishLast } from '../../../kernel/events/publish.ts'
import type { Logger } from '../../../kernel/log.ts'
import { assert } from '../../../kernel/values/assert.ts'
import type { Instant } from '../../../kernel/values/instant.ts'
import { fail, ok, type Refusal, type Result } from '../../../kernel/values/result.ts'
import { AccountBook, type AccountState } from '../domain/account-book.ts'
import { AgreedFigures } from '../domain/agreed-figures.ts'
import type { SyncedBalance } from '../domain/balance-sync.ts'
import { decideWithin } from '../domain/conduct.ts'
import { recordedOrigin } from '../domain/counted-origin.ts'
import { decide, HISTORY_NEEDED } from '../domain/decide.ts'
import type { Multiplier } from '../domain/earn.ts'
import type { PostingCommand, PostingRefusal } from '../domain/posting.ts'
import type { Program } from '../domain/program.ts'
import type { History, PastDocument } from '../domain/replay.ts'
import { type AccountKey, accountName } from '../store/accounts.ts'
import { type CommandAnswer, commandName, insertAnswers, readAnswers } from '../store/command-answers.ts'
import { type RecordedDocument, readDocuments, readRecordedIds } from '../store/documents.ts'
import { readHistories } from '../store/histories.ts'
import { type HoldView, readHolds } from '../store/holds.ts'
import { type OriginKeys, type OriginShelf, originOf } from '../store/origins.ts'
import { writePostings } from '../store/postings.ts'
import type { ProgramShelf } from '../store/programs.ts'
import { type KnownStanding, readStandings, standingAt } from '../store/standings.ts'
import { readSyncedBalances, saveSyncedBalances } from '../store/synced-balances.ts'
import { decideTierRequests, type TierDecision } from '../store/tier-requests.ts'
import { balanceEvents } from './balance-events.ts'
import { lockBooks, type PresentOf } from './lock-books.ts'
import { type Deed, noteConduct } from './note-conduct.ts'
import { purchaseEvents } from './purchase-events.ts'
import { tierEvents } from './tier-events.ts'

/** A command, the programme that it belongs to, and when it came. */
export interface Order {
  readonly program: Program
  readonly command: PostingCommand
  readonly now: Instant
}

/** What posting needs, whoever asked for it: a batch may hold the commands of many requests. */
export interface PostingDoors {
  readonly db: Db
  readonly log: Logger
  readonly programs: ProgramShelf
  readonly origins: OriginShelf
}

/** A document, recorded now or (`duplicate`) before. */
export interface Posted {
  /** In its current version. */
  readonly program: Program
  /** The version that the document was recorded by: a repetition is answered by the rules of its day. */
  readonly rules: Program
  readonly document: RecordedDocument
  readonly duplicate: boolean
  /** By it something has left the account for a member that came out of a merge. */
  readonly sendsHome?: boolean
}

export type PostResult = Result<Posted, PostingRefusal | 'IDEMPOTENCY_KEY_REUSED'>

/**
 * Posts commands, each with an outcome of its own, in one transaction: lock the accounts, look the commands up, decide
 * each, write once. When the database refuses the batch, each is posted alone, so that one member's failure does not
 * touch another's; what fails alone is thrown only for a single command.
 */
export async function postBatch(
  doors: PostingDoors,
  orders: readonly Order[],
): Promise<(PostResult | Error)[]> {
  if (orders.length === 0) return []
  const origins = await doors.origins.keysOf(orders.map(({ command }) => originOf(command)))
  return postWith(doors, orders, origins)
}

async function postWith(
  doors: PostingDoors,
  orders: readonly Order[],
  origins: OriginKeys,
): Promise<(PostResult | Error)[]> {
  try {
    return await doors.db.transaction((tx) => postAll(tx, doors, orders, origins))
  } catch (error) {
    if (error instanceof ProgramsMovedOn) return postWith(doors, await byCurrentRules(doors, orders), origins)
    if (wasOvertaken(error)) return postWith(doors, orders, origins)
    if (orders.length === 1) throw error
    doors.log.warn({ error, size: orders.length }, 'a batch of postings failed; posting one by one')
    const results: (PostResult | Error)[] = []
    for (const order of orders) results.push(await postAlone(doors, order, origins))
    return results
  }
}

/** A version was published since the programmes were read that these orders go by. */
class ProgramsMovedOn extends Error {}

async function byCurrentRules(doors: PostingDoors, orders: readonly Order[]): Promise<Order[]> {
  const current = new Map((await doors.programs.current()).map((program) => [program.key, program]))
  return orders.map((order) => ({ ...order, program: current.get(order.program.key) ?? order.program }))
}

/**
 * The same key of the member was used at the same moment in another programme, or the same bill for another member,
 * under the lock of another account. Asked again, the command meets what the other has left.
 */
const wasOvertaken = (error: unknown): boolean => {
  const { constraint } = error as { constraint?: string }
  return constraint === 'command_key' || constraint === 'document_key'
}

async function postAlone(
  doors: PostingDoors,
  order: Order,
  origins: OriginKeys,
): Promise<PostResult | Error> {
  try {
    return (await postWith(doors, [order], origins))[0]!
  } catch (error) {
    doors.log.error({ error, document: order.command.documentId }, 'posting failed')
    return error as Error
  }
}

async function postAll(
  tx: Tx,
  doors: PostingDoors,
  orders: readonly Order[],
  origins: OriginKeys,
): Promise<PostResult[]> {
  const recordedAt = Math.max(...orders.map(({ now }) => now)) as Instant
  const memberIds = [...new Set(orders.map(({ command }) => command.memberId))]
  const asksStanding = orders.some(({ program }) => program.asksStanding)
  const [states, presentOf, [recordedIds, answers, holds, multipliers, said]] = await lockBooks(
    tx,
    orders.map((order) => ({ ...keyOf(order), baseTier: order.program.tiers[0]!.id })),
    recordedAt,
    () =>
      Promise.all([
        readRecordedIds(
          tx.ask,
          orders.map(({ command }) => command.documentId),
        ),
        readAnswers(
          tx.ask,
          orders.flatMap(({ command: { memberId, idempotencyKey } }) =>
            idempotencyKey === undefined ? [] : [{ memberId, key: idempotencyKey }],
          ),
        ),
        readHolds(
          tx.ask,
          orders.flatMap(({ command }) => holdNamed(command)),
        ),
        doors.programs.inForce(tx.ask, new Set(orders.map(({ program }) => program))),
        asksStanding ? readStandings(tx.ask, memberIds) : undefined,
      ]),
  )
  if (!multipliers) throw new ProgramsMovedOn()
  const recorded = recordedIds.length > 0 ? await readDocuments(tx.query, recordedIds) : NOT_RECORDED
  const standings = said ?? (await standingsFor(tx, multipliers, memberIds))
  const rules = await rulesOf(tx, doors, recorded.values())
  // Read when the accounts that persons have now are held, for these guard the figures.
  const figures = await readSyncedBalances(tx.query, personsSynced(orders, presentOf))
  const asked = orders.map((order) => withHold(order, holds))
  const histories = new Map<string, History>()
  for (;;) {
    const decided = decideAll(asked, {
      states,
      presentOf,
      standings,
      recorded,
      answers,
      rules,
      multipliers,
      figures,
      histories,
      recordedAt,
    })
    if (decided.wanting.length > 0) {
      // Decisions touch nothing but working copies: with what was missing they are made once more.
      for (const [name, history] of await readHistories(tx.query, doors.programs, decided.wanting))
        histories.set(name, history)
      continue
    }
    const { books, newDocuments, newAnswers, deeds, newFigures, results } = decided
    writePostings(tx, [...books.values()], newDocuments, origins, recordedAt)
    decideTierRequests(tx, decisionsOf(orders, newDocuments), recordedAt)
    insertAnswers(tx, newAnswers, recordedAt)
    noteConduct(tx, deeds, recordedAt)
    saveSyncedBalances(tx, newFigures)
    publishLast(tx, [
      ...tierEvents(orders, books),
      ...purchaseEvents(orders, newDocuments, recordedAt),
      ...balanceEvents(orders, [...books.values()], recordedAt),
    ])
    return results
  }
}

const NOT_RECORDED: ReadonlyMap<string, RecordedDocument> = new Map()

interface Known {
  readonly states: ReadonlyMap<string, AccountState>
  readonly presentOf: PresentOf
  /** Undefined: no programme of these asks. */
  readonly standings: ReadonlyMap<string, KnownStanding> | undefined
  readonly recorded: ReadonlyMap<string, RecordedDocument>
  readonly answers: ReadonlyMap<string, CommandAnswer>
  readonly rules: ReadonlyMap<string, Program>
  readonly multipliers: ReadonlyMap<string, readonly Multiplier[]>
  /** On which channels agreed with us, of persons of whom a command tells a balance. */
  readonly figures: readonly SyncedBalance[]
  /** By account: those that some decision has asked for. */
  readonly histories: ReadonlyMap<string, History>
  readonly recordedAt: Instant
}

/** Decides commands one after another. Where one needs a history that is not there, the account is named. */
function decideAll(orders: readonly Order[], known: Known) {
  const { rules, multipliers, recordedAt, presentOf } = known
  const books = openBooks(orders, known.states, presentOf, known.standings, recordedAt)
  const recorded = new Map(known.recorded)
  const answers = new Map(known.answers)
  const histories = new Map(known.histories)
  const wanting = new Map<string, AccountKey & { program: Program }>()
  const newDocuments: RecordedDocument[] = []
  const newAnswers: CommandAnswer[] = []
  const deeds: Deed[] = []
  const figures = new AgreedFigures(known.figures, presentOf)

  /** A key stands for its first outcome, also where that was to meet a document of before. */
  const remember = (command: PostingCommand, result: Result<unknown>): void => {
    if (command.idempotencyKey === undefined) return
    const answer = answerOf(command, command.idempotencyKey, result)
    const name = commandName(answer)
    if (answers.has(name)) return
    answers.set(name, answer)
    newAnswers.push(answer)
  }

  const results = orders.map(({ program, command, now }): PostResult | undefined => {
    const repeated = repetition(command, answers, recorded, presentOf)
    if (repeated) {
      if (!repeated.ok) return repeated
      remember(command, repeated)
      const { ruleVersion } = repeated.value
      const rulesThen = rules.get(versionName(program.key, ruleVersion)) ?? program
      return ok({ program, rules: rulesThen, document: repeated.value, duplicate: true })
    }
    const asked = figures.about(program.key, command)
    const memberId = accountOf(command, presentOf)
    const present = memberId === asked.memberId ? asked : { ...asked, memberId }
    const key = keyOf({ program, command: present })
    const name = accountName(key)
    const [, book] = books.get(name)!
    book.origin = present.memberId === command.memberId ? undefined : command.memberId
    const history = histories.get(name)
    const around = { multipliers: multipliers.get(program.id) ?? [], now, history }
    const before = book.entries.length
    const away = book.homeward.length
    const result = decideWithin(program, book, present, (each) => decide(program, each, present, around))
    if (result === HISTORY_NEEDED) {
      wanting.set(name, { ...key, program })
      return undefined
    }
    remember(command, result)
    if (!result.ok) return result
    const entry = book.entries.slice(before).find(({ documentId }) => documentId === command.documentId)
    assert(entry, 'a document has an entry')
    deeds.push({ program, command: present, ...result.value })
    const document = { ...result.value.document, recordedAt, entry: { ...entry, recordedAt } }
    recorded.set(document.id, document)
    newDocuments.push(document)
    figures.note(program.key, command, document)
    if (history) {
      const fresh = { document, rules: program, multipliers: around.multipliers, entry }
      histories.set(name, { ...history, past: [...history.past, fresh, ...leaving(program, book, away)] })
    }
    const sendsHome = book.homeward.length > away
    return ok({ program, rules: program, document, duplicate: false, sendsHome })
  })
  const decided = results.filter((result) => result !== undefined)
  return {
    books,
    newDocuments,
    newAnswers,
    deeds,
    newFigures: figures.changed,
    results: decided,
    wanting: [...wanting.values()],
  }
}

/** What has left an account since for a member that came out of a merge, as a later decision finds it. */
const leaving = (rules: Program, book: AccountBook, since: number): PastDocument[] =>
  book.homeward.slice(since).flatMap(({ kind, document }) => {
    const entry = book.entries.find(({ documentId }) => documentId === document.id)
    return kind === 'lots' && entry ? [{ document, rules, multipliers: [], entry }] : []
  })

const holdNamed = (command: PostingCommand): { memberId: string; id: string }[] =>
  command.kind === 'capture' || command.kind === 'release'
    ? [{ memberId: command.memberId, id: command.hold }]
    : []

/** Of whom a command tells a balance. */
const personsSynced = (orders: readonly Order[], presentOf: PresentOf): string[] =>
  orders.flatMap(({ command }) => (command.kind === 'balance-sync' ? [presentOf(command.memberId)] : []))

/** A hold that has ended is told from one that never was. */
const withHold = (order: Order, holds: ReadonlyMap<string, HoldView>): Order =>
  order.command.kind === 'capture' || order.command.kind === 'release'
    ? { ...order, command: { ...order.command, known: holds.get(order.command.hold) } }
    : order

const keyOf = ({ program, command }: Pick<Order, 'program' | 'command'>): AccountKey => ({
  memberId: command.memberId,
  programKey: program.key,
})

const versionName = (programKey: number, version: number): string => `${programKey}@${version}`

/** The program versions that documents were recorded by. */
async function rulesOf(
  tx: Tx,
  doors: PostingDoors,
  documents: Iterable<RecordedDocument>,
): Promise<Map<string, Program>> {
  const rules = new Map<string, Program>()
  for (const { programKey, ruleVersion } of documents) {
    const name = versionName(programKey, ruleVersion)
    if (rules.has(name)) continue
    rules.set(name, await doors.programs.version(tx.query, programKey, ruleVersion))
  }
  return rules
}

type Books = Map<string, readonly [AccountKey, AccountBook]>

/** What was held, bought or is paid in parts under an id ends and returns there; what comes to light by it follows to the present one. */
const accountOf = (command: PostingCommand, presentOf: PresentOf): string =>
  command.kind === 'return' ||
  (command.kind === 'plan-stop' && command.running !== undefined) ||
  ((command.kind === 'capture' || command.kind === 'release') && command.known !== undefined)
    ? command.memberId
    : presentOf(command.memberId)

/** Most programmes ask nothing of `identity`, and most members have nothing said of them. */
async function standingsFor(
  tx: Tx,
  multipliers: ReadonlyMap<string, readonly Multiplier[]>,
  memberIds: readonly string[],
): Promise<Map<string, KnownStanding> | undefined> {
  const asks = [...multipliers.values()].some((of) => of.some(({ asksTags }) => asksTags))
  return asks ? readStandings(tx.ask, memberIds) : undefined
}

function openBooks(
  orders: readonly Order[],
  states: ReadonlyMap<string, AccountState>,
  presentOf: PresentOf,
  standings: ReadonlyMap<string, KnownStanding> | undefined,
  recordedAt: Instant,
): Books {
  const books: Books = new Map()
  for (const order of orders) {
    const key = { memberId: accountOf(order.command, presentOf), programKey: order.program.key }
    const name = accountName(key)
    if (books.has(name)) continue
    const state = states.get(name)
    assert(state, 'an account is there when it is locked')
    const known = standings?.get(key.memberId)
    const standing = known && standingAt(known, recordedAt, order.program.timeZone)
    books.set(name, [key, new AccountBook(order.program, standing ? { ...state, standing } : state)])
  }
  return books
}

/** Decisions on tiers that were made now, with their reasons. */
function decisionsOf(orders: readonly Order[], documents: readonly RecordedDocument[]): TierDecision[] {
  const made = new Set(documents.map(({ id }) => id))
  return orders.flatMap(({ program, command }) =>
    command.kind === 'tier-decision' && made.has(command.documentId)
      ? [
          {
            memberId: command.memberId,
            programKey: program.key,
            tier: command.tier,
            approved: command.approved,
            by: command.operator,
            reason: command.reason,
          },
        ]
      : [],
  )
}

/** The stored outcome of a command that was carried out before, or why it is not the same command. */
function repetition(
  command: PostingCommand,
  answers: ReadonlyMap<string, CommandAnswer>,
  recorded: ReadonlyMap<string, RecordedDocument>,
  presentOf: PresentOf,
): Result<RecordedDocument, PostingRefusal | 'IDEMPOTENCY_KEY_REUSED'> | undefined {
  const { memberId, idempotencyKey: key, body } = command
  const answer = key === undefined ? undefined : answers.get(commandName({ memberId, key }))
  if (answer && !answer.body.equals(body)) return fail('IDEMPOTENCY_KEY_REUSED', { path: ['idempotencyKey'] })
  if (answer && 'refusal' in answer.answer) {
    return { ok: false, refusal: answer.answer.refusal as Refusal<PostingRefusal> }
  }
  const document = recorded.get(command.documentId)
  if (!document) return undefined
  const own =
    presentOf(document.memberId) === presentOf(memberId) || answer !== undefined || cameBy(document, memberId)
  if (own && document.body.equals(body)) return { ok: true, value: document }
  return fail('DOCUMENT_CONFLICT', { path: ['document'], details: { number: command.number } })
}

/** It was entered in the account of another with whom this member was one then. */
const cameBy = ({ counted, entry }: RecordedDocument, memberId: string): boolean =>
  recordedOrigin(counted, entry) === memberId

const answerOf = (command: PostingCommand, key: string, result: Result<unknown>): CommandAnswer => ({
  memberId: command.memberId,
  key,
  body: command.body,
  answer: result.ok ? { documentId: command.documentId } : { refusal: result.refusal },
})
