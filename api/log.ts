import { type DestinationStream, type Logger, pino } from 'pino';
import { standardOutput } from './log-lines.ts';

const CAUSES_MAX = 3;

/** Warnings and errors do not wait to be written. */
const WARN_LEVEL = 40;

/**
 * The log: one JSON object a line on stdout. Errors are written by name, message, code and stack
 * alone, because clients hang statements, parameters and arguments on their errors.
 * @param destination where else it goes; for tests that read it.
 */
export function createLog(
  level: string,
  destination: DestinationStream = standardOutput(),
): Logger {
  const log: Logger = pino(
    {
      level,
      base: { service: 'ringfence' },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => errorFields(error, CAUSES_MAX) },
      hooks: {
        logMethod(args, method, lineLevel) {
          method.apply(this, args);
          if (lineLevel >= WARN_LEVEL) log.flush();
        },
      },
    },
    destination,
  );
  return log;
}

function errorFields(error: unknown, causes: number): Record<string, unknown> | undefined {
  if (error === undefined || error === null) return undefined;
  if (!(error instanceof Error)) return { name: typeof error };
  const code = 'code' in error ? error.code : undefined;
  const cause = causes > 0 ? errorFields(error.cause, causes - 1) : undefined;
  return {
    name: error.name,
    message: error.message,
    ...(code !== undefined && { code }),
    stack: error.stack,
    ...(cause !== undefined && { cause }),
  };
}
