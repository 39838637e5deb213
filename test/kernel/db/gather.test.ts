import { expect, test } from 'vitest'
import { gather } from '../../../kernel/db/gather.ts'

/** Answers when told to; each question is kept. */
function openDesk() {
  const questions: { keys: readonly number[]; answer(): void; fail(error: Error): void }[] = []
  const ask = (keys: readonly number[]) =>
    new Promise<string[]>((resolve, reject) => {
      questions.push({ keys, answer: () => resolve(keys.map((key) => `no. ${key}`)), fail: reject })
    })
  return { questions, ask }
}

/** All that was planned has begun. */
const turn = () => new Promise(setImmediate)

test('what is asked in one turn is one question', async () => {
  const { questions, ask } = openDesk()
  const load = gather(ask)
  const answers = Promise.all([load(1), load(2), load(1)])
  await turn()
  expect(questions.map(({ keys }) => keys)).toEqual([[1, 2, 1]])
  questions[0]!.answer()
  expect(await answers).toEqual(['no. 1', 'no. 2', 'no. 1'])
})

test('where enough are under way, what comes meanwhile is the next question', async () => {
  const { questions, ask } = openDesk()
  const load = gather(ask, { underWay: 2, most: 100 })
  const answers: Promise<string>[] = []
  for (const key of [1, 2, 3, 4]) {
    answers.push(load(key))
    await turn()
  }
  expect(questions.map(({ keys }) => keys)).toEqual([[1], [2]])
  questions[1]!.answer()
  await turn()
  expect(questions.map(({ keys }) => keys)).toEqual([[1], [2], [3, 4]])
  questions[0]!.answer()
  questions[2]!.answer()
  expect(await Promise.all(answers)).toEqual(['no. 1', 'no. 2', 'no. 3', 'no. 4'])
})

test('a question has at most so many keys', async () => {
  const { questions, ask } = openDesk()
  const load = gather(ask, { underWay: 5, most: 2 })
  const answers = Promise.all([1, 2, 3].map(load))
  await turn()
  expect(questions.map(({ keys }) => keys)).toEqual([[1, 2], [3]])
  for (const { answer } of questions) answer()
  expect(await answers).toEqual(['no. 1', 'no. 2', 'no. 3'])
})

test('a failure is that of all who asked together, and of nobody after them', async () => {
  const { questions, ask } = openDesk()
  const load = gather(ask, { underWay: 1, most: 100 })
  const failed = Promise.allSettled([load(1), load(2)])
  await turn()
  questions[0]!.fail(new Error('gone'))
  expect(await failed).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])
  const next = load(3)
  await turn()
  questions[1]!.answer()
  expect(await next).toBe('no. 3')
})
