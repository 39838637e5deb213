import { reportAndExit } from '../kernel/process.ts'
import { runCommandLine } from './command-line.ts'

/** The `huitong` command as a process. */
try {
  process.exitCode = await runCommandLine(process.argv.slice(2))
} catch (error) {
  reportAndExit(error)
}
