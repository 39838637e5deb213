import { readFile } from 'node:fs/promises'
import { CommandError } from './command-error.ts'
import { cannotRead } from './import/purchase-file.ts'

export const readDocument = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(cannotRead(file, error))
  })

/** A fault of a program document, as `FILE:line:column path: message`. */
export function faultLine(
  file: string,
  { line, column, path, message }: { line: number; column: number; path: string; message: string },
): string {
  return `${file}:${line}:${column}${path ? ` ${path}` : ''}: ${message}`
}
