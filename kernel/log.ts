import { type Logger, pino, stdSerializers } from 'pino'

export type { Logger }

/** Structured logs on standard error. Personal data has no place in them: only ids, codes and counts are logged. */
export const openLog = (options: { level: string; name: string }): Logger =>
  pino(
    {
      level: options.level,
      name: options.name,
      base: undefined,
      serializers: { error: stdSerializers.err },
      redact: {
        paths: ['*.authorization', '*.token', '*.secret', '*.phone'],
        censor: '[redacted]',
      },
    },
    pino.destination({ dest: 2, sync: false }),
  )

export const silentLog: Logger = pino({ level: 'silent' })
