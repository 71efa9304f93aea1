import { OutageError, RequestError } from '../../engine/index.ts';
import { isPostgresOutage } from '../../persistence/index.ts';
import { Problem } from './problem.ts';

/**
 * Turns whatever was thrown into a problem, by class or SQLSTATE, never by its message.
 * What nobody foresaw becomes `internal`: its cause is logged and never answered.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof OutageError) {
    const seconds = Math.max(1, Math.ceil(error.retryAfterMs / 1000));
    return new Problem(error.code, undefined, {
      cause: error,
      headers: { 'retry-after': String(seconds) },
    });
  }
  if (error instanceof RequestError) {
    return new Problem(error.code, error.message, {
      cause: error,
      ...(error.param !== undefined && { param: error.param }),
      ...(error.details !== undefined && { details: error.details }),
    });
  }
  if (isUnstorable(error)) {
    return new Problem('invalid_request', 'A text or a time is one that cannot be stored.', {
      cause: error,
    });
  }
  if (isPostgresOutage(error)) {
    return new Problem('postgres_unreachable', undefined, { cause: error });
  }
  return new Problem('internal', undefined, { cause: error });
}

/** Text that Postgres cannot hold (NUL, half a surrogate pair), or a time beyond its calendar. */
const UNSTORABLE = new Set(['22021', '22P05', '22008']);

/** A schema should have refused it before; the answer is the caller's 400 all the same. */
function isUnstorable(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    UNSTORABLE.has(error.code)
  );
}
