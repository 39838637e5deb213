import type { Tx } from '../../../kernel/db/transaction.ts'
import { type Instant, toIso } from '../../../kernel/values/instant.ts'
import type { AccountBook } from '../domain/account-book.ts'
import { type Entry, legs, lotsText } from '../domain/entry.ts'
import type { SourceDocument } from '../domain/posting.ts'
import type { Asset } from '../domain/program.ts'
import { type AccountKey, countersToJson, saveAccounts } from './accounts.ts'
import { awardsToJson, insertOwners, linesToJson } from './documents.ts'

/** Writes all that a batch of postings changed: one statement a table, however many members it touches. */
export async function writePostings(
  tx: Tx,
  books: readonly (readonly [AccountKey, AccountBook])[],
  documents: readonly SourceDocument[],
  now: Instant,
): Promise<void> {
  const changed = books.filter(([, book]) => book.changed)
  const entries = changed.flatMap(([, book]) => book.entries)
  // Sent together; no statement depends on another's rows.
  await Promise.all([
    insertDocuments(tx, documents, now),
    insertOwners(
      tx,
      documents.filter(({ kind }) => kind === 'purchase'),
    ),
    insertEntries(tx, entries, now),
    mergeLots(tx, changed),
    mergeWallets(tx, changed),
    insertTierChanges(tx, changed),
    saveAccounts(tx, changed),
  ])
}

async function insertDocuments(tx: Tx, documents: readonly SourceDocument[], now: Instant): Promise<void> {
  if (documents.length === 0) return
  await tx.query(
    `/* insertDocuments */
     insert into document (member_id, id, program_key, rule_version, kind, channel, number, store, operator, subject,
                           quantity, amount, lines, awards, counted, tier_before, tier_after, effective_at, recorded_at, body)
     select member_id, id, program_key, rule_version, kind, channel, number, store, operator, subject,
            quantity, amount, lines, awards, counted, tier_before, tier_after, effective_at, $20, body
     from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::integer[], $5::document_kind[], $6::text[], $7::text[],
                 $8::text[], $9::text[], $10::text[], $11::integer[], $12::bigint[], $13::jsonb[], $14::jsonb[],
                 $15::jsonb[], $16::text[], $17::text[], $18::timestamptz[], $19::bytea[])
       as new (member_id, id, program_key, rule_version, kind, channel, number, store, operator, subject,
               quantity, amount, lines, awards, counted, tier_before, tier_after, effective_at, body)`,
    [
      documents.map((document) => document.memberId),
      documents.map((document) => document.id),
      documents.map((document) => document.programKey),
      documents.map((document) => document.ruleVersion),
      documents.map((document) => document.kind),
      documents.map((document) => document.channel),
      documents.map((document) => document.number),
      documents.map((document) => document.store ?? null),
      documents.map((document) => document.operator),
      documents.map((document) => document.subject ?? null),
      documents.map((document) => document.quantity ?? null),
      documents.map((document) => document.amount ?? null),
      documents.map((document) => linesToJson(document.lines)),
      documents.map((document) => awardsToJson(document.awards)),
      documents.map(({ counted }) => (counted ? countersToJson(counted) : null)),
      documents.map((document) => document.tierBefore),
      documents.map((document) => document.tierAfter),
      documents.map((document) => toIso(document.effectiveAt)),
      documents.map((document) => document.body),
      toIso(now),
    ],
  )
}

async function insertEntries(tx: Tx, entries: readonly Entry[], now: Instant): Promise<void> {
  if (entries.length === 0) return
  await tx.query(
    `/* insertEntries */
     insert into entry (member_id, program_key, asset, seq, document_id, kind, debit, credit, amount,
                        available_after, owed_after, lots, effective_at, recorded_at, hash)
     select member_id, program_key, asset, seq, document_id, kind, debit, credit, amount,
            available_after, owed_after, lots, effective_at, $15, hash
     from unnest($1::uuid[], $2::smallint[], $3::asset[], $4::integer[], $5::uuid[], $6::entry_kind[],
                 $7::ledger_account[], $8::ledger_account[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[],
                 $13::timestamptz[], $14::bytea[])
       as new (member_id, program_key, asset, seq, document_id, kind, debit, credit, amount,
               available_after, owed_after, lots, effective_at, hash)`,
    [
      entries.map((entry) => entry.memberId),
      entries.map((entry) => entry.programKey),
      entries.map((entry) => entry.asset),
      entries.map((entry) => entry.seq),
      entries.map((entry) => entry.documentId ?? null),
      entries.map((entry) => entry.kind),
      entries.map((entry) => legs[entry.kind].debit),
      entries.map((entry) => legs[entry.kind].credit),
      entries.map((entry) => entry.amount),
      entries.map((entry) => entry.availableAfter),
      entries.map((entry) => entry.owedAfter),
      entries.map((entry) => lotsText(entry.lots)),
      entries.map((entry) => toIso(entry.effectiveAt)),
      entries.map((entry) => entry.hash),
      toIso(now),
    ],
  )
}

type Books = readonly (readonly [AccountKey, AccountBook])[]

async function mergeLots(tx: Tx, books: Books): Promise<void> {
  const deltas = books.flatMap(([key, book]) => book.lotDeltas.map((delta) => ({ ...key, ...delta })))
  if (deltas.length === 0) return
  await tx.query(
    `/* mergeLots */
     merge into lot
     using unnest($1::uuid[], $2::smallint[], $3::asset[], $4::date[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[])
       as delta (member_id, program_key, asset, expires_on, class, earned, used, expired)
     on lot.member_id = delta.member_id and lot.program_key = delta.program_key and lot.asset = delta.asset
       and lot.expires_on = delta.expires_on and lot.class = delta.class
     when matched then update set
       earned = lot.earned + delta.earned, used = lot.used + delta.used, expired = lot.expired + delta.expired,
       remaining = lot.remaining + delta.earned - delta.used - delta.expired
     when not matched then insert (member_id, program_key, asset, expires_on, class, earned, remaining, used, expired)
       values (delta.member_id, delta.program_key, delta.asset, delta.expires_on, delta.class, delta.earned,
               delta.earned - delta.used - delta.expired, delta.used, delta.expired)`,
    [
      deltas.map((delta) => delta.memberId),
      deltas.map((delta) => delta.programKey),
      deltas.map((delta) => delta.asset),
      deltas.map((delta) => delta.expiresOn),
      deltas.map((delta) => delta.lotClass),
      deltas.map((delta) => delta.earned),
      deltas.map((delta) => delta.used),
      deltas.map((delta) => delta.expired),
    ],
  )
}

const ASSETS: readonly Asset[] = ['points', 'growth']

async function mergeWallets(tx: Tx, books: Books): Promise<void> {
  const wallets = books.flatMap(([key, book]) =>
    ASSETS.filter((asset) => book.entries.some((entry) => entry.asset === asset)).map((asset) => ({
      ...key,
      asset,
      ...book.head(asset),
      ...sums(book, asset),
    })),
  )
  if (wallets.length === 0) return
  await tx.query(
    `/* mergeWallets */
     merge into wallet
     using unnest($1::uuid[], $2::smallint[], $3::asset[], $4::bigint[], $5::bigint[], $6::integer[], $7::bytea[],
                  $8::bigint[], $9::bigint[], $10::bigint[])
       as new (member_id, program_key, asset, available, owed, seq, head, earned, spent, expired)
     on wallet.member_id = new.member_id and wallet.program_key = new.program_key and wallet.asset = new.asset
     when matched then update set
       available = new.available, owed = new.owed, seq = new.seq, head = new.head,
       earned = wallet.earned + new.earned, spent = wallet.spent + new.spent, expired = wallet.expired + new.expired
     when not matched then insert (member_id, program_key, asset, available, owed, seq, head, earned, spent, expired)
       values (new.member_id, new.program_key, new.asset, new.available, new.owed, new.seq, new.head, new.earned,
               new.spent, new.expired)`,
    [
      wallets.map((wallet) => wallet.memberId),
      wallets.map((wallet) => wallet.programKey),
      wallets.map((wallet) => wallet.asset),
      wallets.map((wallet) => wallet.available),
      wallets.map((wallet) => wallet.owed),
      wallets.map((wallet) => wallet.seq),
      wallets.map((wallet) => wallet.head),
      wallets.map((wallet) => wallet.earned),
      wallets.map((wallet) => wallet.spent),
      wallets.map((wallet) => wallet.expired),
    ],
  )
}

function sums(book: AccountBook, asset: Asset) {
  const of = { earned: 0n, spent: 0n, expired: 0n }
  for (const entry of book.entries) {
    if (entry.asset !== asset) continue
    if (entry.kind === 'expire') of.expired += entry.amount
    else if (entry.kind === 'redeem') of.spent += entry.amount
    else of.earned += entry.amount
  }
  return of
}

async function insertTierChanges(tx: Tx, books: Books): Promise<void> {
  const changes = books.flatMap(([key, book]) => book.tierChanges.map((change) => ({ ...key, ...change })))
  if (changes.length === 0) return
  await tx.query(
    `/* insertTierChanges */
     insert into tier_change (member_id, program_key, sequence, from_tier, to_tier, at, document_id)
     select * from unnest($1::uuid[], $2::smallint[], $3::integer[], $4::text[], $5::text[], $6::timestamptz[], $7::uuid[])`,
    [
      changes.map((change) => change.memberId),
      changes.map((change) => change.programKey),
      changes.map((change) => change.sequence),
      changes.map((change) => change.from),
      changes.map((change) => change.to),
      changes.map((change) => toIso(change.at)),
      changes.map((change) => change.documentId ?? null),
    ],
  )
}
