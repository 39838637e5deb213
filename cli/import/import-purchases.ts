import { currencyScale } from '../../kernel/values/money.ts'
import { CommandError } from '../command-error.ts'
import type { Deployment } from '../open-deployment.ts'
import { type ColumnMap, placeColumns } from './column-map.ts'
import { type ImportEnd, type ImportRun, importFile } from './import-file.ts'
import { type Purchase, readPurchase } from './purchase-line.ts'
import { purchaseSender } from './send-purchases.ts'
import { summaryOf } from './summary.ts'

export interface ImportOptions extends ImportRun {
  readonly map: ColumnMap
  readonly program: string
  readonly source: string
  readonly channel: string
}

/** Streams a file of purchases into the ledger. */
export async function importPurchases(deployment: Deployment, options: ImportOptions): Promise<ImportEnd> {
  const { file, map, program, source, channel } = options
  const places = placeColumns(map, file)
  const { currency, timeZone } = await programOf(deployment, program)
  const scale = currencyScale(currency)
  return importFile<Purchase>(deployment, options, {
    noun: 'purchases',
    key: { source, program, channel },
    map: map as Readonly<Record<string, string>>,
    numberedByLine: map.document === undefined,
    zone: timeZone,
    columns: false,
    rehearsal: false,
    read: (record, dates) => readPurchase(record, { places, width: file.width, scale, dates }),
    keyOf: ({ member }) => member,
    send: purchaseSender({ request: deployment.request, program, scale, source, channel }),
    summary: (end) => summaryOf({ ...end, currency, scale }),
  })
}

const PROGRAM = 'query Program($id: ID!) { program(id: $id) { currency timeZone } }'

async function programOf(
  { request }: Deployment,
  id: string,
): Promise<{ currency: string; timeZone: string }> {
  const { program } = await request<{ program: { currency: string; timeZone: string } | null }>(
    'ledger',
    PROGRAM,
    { id },
  )
  if (program) return program
  throw new CommandError(
    `there is no programme ${id}; publish it first: npm run huitong -- program publish FILE`,
  )
}
