import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BadLinesFile } from '../../cli/import/bad-lines.ts'
import { type Checkpoint, CheckpointStore } from '../../cli/import/checkpoint.ts'
import { NOTHING } from '../../cli/import/tally.ts'

const folder = () => mkdtemp(join(tmpdir(), 'huitong-checkpoint-'))

const checkpoint: Checkpoint = {
  deployment: 'embedded',
  file: '/data/purchases.csv',
  source: 'shop',
  program: 'super-member',
  channel: 'import:shop',
  fingerprint: 'f1',
  numberedByLine: true,
  next: { offset: 4_000_000_000, line: 90_000_000 },
  dateFormat: 'YYYYMMDD',
  badBytes: 12,
  tally: { ...NOTHING, recorded: 5, amount: 2n ** 60n, points: 7n },
  seconds: 1.5,
  completedAt: undefined,
}

test('a checkpoint is read back as it was written, and leaves no other file', async () => {
  const dir = await folder()
  const store = new CheckpointStore(dir)
  expect(await store.read(checkpoint)).toBeUndefined()
  await store.write(checkpoint)
  await store.write({ ...checkpoint, seconds: 2 })
  expect(await store.read(checkpoint)).toEqual({ ...checkpoint, seconds: 2 })
  expect(await readdir(dir)).toHaveLength(1)
})

test.each([
  ['database', { deployment: 'db:5432/other' }],
  ['file', { file: '/data/other.csv' }],
  ['source', { source: 'app' }],
  ['programme', { program: 'other' }],
  ['channel', { channel: 'import:other' }],
])('another %s is another import', async (_, change) => {
  const store = new CheckpointStore(await folder())
  await store.write(checkpoint)
  expect(await store.read({ ...checkpoint, ...change })).toBeUndefined()
})

test('another file numbered by line in the same channel is found', async () => {
  const store = new CheckpointStore(await folder())
  await store.write(checkpoint)
  const february = { ...checkpoint, file: '/data/february.csv' }
  expect(await store.otherNumberedByLine(february, 'f2')).toEqual(checkpoint)
  // The same file under another name, another channel, the import itself.
  expect(await store.otherNumberedByLine(february, 'f1')).toBeUndefined()
  expect(await store.otherNumberedByLine({ ...february, channel: 'feb' }, 'f2')).toBeUndefined()
  expect(await store.otherNumberedByLine(checkpoint, 'f2')).toBeUndefined()
})

test('bad lines are CSV; what came behind the checkpoint goes', async () => {
  const path = join(await folder(), 'sub', 'x.bad.csv')
  const file = await BadLinesFile.open(path, 0)
  await file.append([])
  await expect(stat(path)).rejects.toThrow('ENOENT')
  await file.append([{ line: 3, code: 'DATE_NOT_VALID', reason: '"x" is not a date', text: '1,x,"2"' }])
  const { bytes } = file
  await file.append([{ line: 9, code: 'AMOUNT_NEGATIVE', reason: 'r', text: 't' }])
  await file.close()
  const head = 'line,code,reason,text\n3,DATE_NOT_VALID,"""x"" is not a date","1,x,""2"""\n'
  expect(await readFile(path, 'utf8')).toBe(`${head}9,AMOUNT_NEGATIVE,r,t\n`)

  const again = await BadLinesFile.open(path, bytes)
  expect(await readFile(path, 'utf8')).toBe(head)
  await again.append([{ line: 10, code: 'X', reason: 'r', text: 't' }])
  await again.close()
  expect(await readFile(path, 'utf8')).toBe(`${head}10,X,r,t\n`)

  await (await BadLinesFile.open(path, 0)).close()
  await expect(stat(path)).rejects.toThrow('ENOENT')
})
