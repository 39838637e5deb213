import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'
import { traceIds } from './telemetry/trace.ts'

export type { Logger }

/** An error as the log has it: without PostgreSQL's `detail` and `where`, which quote values of rows and parameters. */
export function loggedError(error: Error): unknown {
  const told: unknown = stdSerializers.err(error)
  if (typeof told !== 'object' || told === null) return told
  const { detail: _, where: __, ...rest } = told as Record<string, unknown>
  return rest
}

/** Structured logs on standard error. Personal data has no place in them: only ids, codes and counts are logged. */
export const openLog = (
  options: { level: string; name: string },
  destination: DestinationStream = pino.destination({ dest: 2, sync: false }),
): Logger =>
  pino(
    {
      level: options.level,
      name: options.name,
      base: undefined,
      mixin: () => traceIds() ?? {},
      serializers: { error: loggedError },
      redact: {
        paths: ['*.authorization', '*.token', '*.secret', '*.phone'],
        censor: '[redacted]',
      },
    },
    destination,
  )

export const silentLog: Logger = pino({ level: 'silent' })
