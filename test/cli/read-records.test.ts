import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inspectFile } from '../../cli/import/purchase-file.ts'
import { type FileRecord, readRecords, type Separator } from '../../cli/import/read-records.ts'

const TOP = { offset: 0, line: 0 }

async function fileOf(content: string | Buffer): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'huitong-records-')), 'purchases.csv')
  await writeFile(file, content)
  return file
}

async function listOf(source: AsyncIterable<FileRecord>): Promise<FileRecord[]> {
  const all: FileRecord[] = []
  for await (const record of source) all.push(record)
  return all
}

async function records(content: string, separator: Separator): Promise<FileRecord[]> {
  return listOf(readRecords(await fileOf(content), separator, TOP))
}

const short = ({ line, fields }: FileRecord) => [line, fields?.join('|')]

test('fields set apart by blanks, lines ended by CR LF', async () => {
  const all = await records(' id  date\r\n 00001 19970101 \r\n\r\n 2\t19970102', 'blanks')
  expect(all.map(short)).toEqual([
    [1, 'id|date'],
    [2, '00001|19970101'],
    [4, '2|19970102'],
  ])
})

test('quoted fields hold separators, quotes and line ends', async () => {
  const all = await records('a,b\n"x,1","say ""hi"""\n"two\nlines",3\nlast, 4 \n', ',')
  expect(all.map(short)).toEqual([
    [1, 'a|b'],
    [2, 'x,1|say "hi"'],
    [3, 'two\nlines|3'],
    [5, 'last|4'],
  ])
})

test('a stray quote costs its own line and none of its neighbours', async () => {
  const all = await records('a,1\n"b,2\n"c",3\nd" vinyl,4\n"e"x,5\nf,6\n"g,7', ',')
  expect(all.map(short)).toEqual([
    [1, 'a|1'],
    [2, undefined],
    [3, 'c|3'],
    [4, undefined],
    [5, undefined],
    [6, 'f|6'],
    [7, undefined],
  ])
})

test('a quote that nobody closes gives up after a hundred lines', async () => {
  const lines = Array.from({ length: 300 }, (_, n) => `row,${n}`)
  const all = await records(`"open,1\n${lines.join('\n')}\n`, ',')
  expect(all).toHaveLength(301)
  expect(all.filter(({ fields }) => !fields).map(({ line }) => line)).toEqual([1])
})

test('reading on from any record gives the rest', async () => {
  const file = await fileOf('\uFEFF名,b\r\n"é\nü",2\r\n\r\n😀,3\n4,"5"\n6,7')
  const { start } = await inspectFile(file, { separator: undefined, hasHeader: false })
  const all = await listOf(readRecords(file, ',', start))
  expect(all.map(({ fields }) => fields![0])).toEqual(['名', 'é\nü', '😀', '4', '6'])
  for (const [index, record] of all.entries()) {
    const rest = await listOf(readRecords(file, ',', record.next))
    expect(rest).toEqual(all.slice(index + 1))
  }
})

test('lines across the edges of chunks stay whole', async () => {
  const lines = Array.from({ length: 60_000 }, (_, n) => `${n},客户${n}`)
  const all = await records(lines.join('\n'), ',')
  expect(all.map(({ text }) => text)).toEqual(lines)
})

test.each([
  ['id,date\n1,2\n', ',', 2],
  ['id;date;x\n1;2;3\n', ';', 3],
  ['id\tdate\n', '\t', 2],
  ['id|date\n', '|', 2],
  ['  id  date amount\n', 'blanks', 3],
  ['"a;b",c\n', ',', 2],
])('%j has the separator %j', async (content, separator, width) => {
  const found = await inspectFile(await fileOf(content), { separator: undefined, hasHeader: true })
  expect(found).toMatchObject({ separator, width })
})

test('a separator may be given', async () => {
  const file = await fileOf('a#b,c\n')
  expect(await inspectFile(file, { separator: '#', hasHeader: true })).toMatchObject({ header: ['a', 'b,c'] })
  expect(await inspectFile(file, { separator: 'comma', hasHeader: true })).toMatchObject({
    header: ['a#b', 'c'],
  })
  await expect(inspectFile(file, { separator: 'dot dot', hasHeader: true })).rejects.toThrow('--separator')
})

test.each([
  ['', 'the file is empty'],
  ['\n \r\n', 'nothing but empty lines'],
  [Buffer.from('\uFEFFa,b\n', 'utf16le'), 'is UTF-16; save it as UTF-8'],
  [Buffer.from([80, 75, 3, 4, 0, 0, 0]), 'this is not a text file'],
  ['"a,b\n', 'the quotes of line 1 do not fit'],
])('%j is refused as a whole: %s', async (content, message) => {
  const failure = inspectFile(await fileOf(content), { separator: undefined, hasHeader: true })
  await expect(failure).rejects.toThrow(message)
  await expect(failure).rejects.toMatchObject({ exitCode: 2 })
})

test('the fingerprint changes with size, head and tail', async () => {
  const print = async (content: string) =>
    (await inspectFile(await fileOf(content), { separator: ',', hasHeader: true })).fingerprint
  const body = 'a,b\n'.repeat(50_000)
  const original = await print(body)
  expect(await print(body)).toBe(original)
  expect(await print(`${body}1,2\n`)).not.toBe(original)
  expect(await print(`x${body.slice(1)}`)).not.toBe(original)
  expect(await print(`${body.slice(0, -2)}x\n`)).not.toBe(original)
})
