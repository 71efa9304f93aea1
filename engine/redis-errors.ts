// Redis' errors are translated once, here, by the code word that starts them.

import { BugError, OutageError } from './errors.ts';

/** The slot is served elsewhere, or by nobody, or is on its way. */
const ELSEWHERE = new Set(['MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN', 'READONLY', 'UNBLOCKED']);
const FULL = new Set(['OOM', 'MISCONF', 'NOREPLICAS']);

export function isNoScript(error: unknown): boolean {
  return redisCode(error) === 'NOSCRIPT';
}

/** A reason to find out again which master serves what. */
export function isElsewhere(error: unknown): boolean {
  return ELSEWHERE.has(redisCode(error));
}

/** The error to throw instead of a client's or Redis' own. */
export function translateRedisError(error: unknown): Error {
  if (error instanceof OutageError || error instanceof BugError) return error;
  const code = redisCode(error);
  if (code === 'NOSCRIPT' || code === 'LOADING' || ELSEWHERE.has(code)) {
    return new OutageError('recovering', { cause: error });
  }
  if (FULL.has(code)) return new OutageError('engine_full', { cause: error });
  if (error instanceof Error && error.name === 'ReplyError') {
    return new BugError(`Redis refused a script: ${error.message}`, { cause: error });
  }
  return new OutageError('redis_unreachable', { cause: error });
}

/** The code word that starts an error of Redis; empty for any other error. */
export function redisCode(error: unknown): string {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return '';
  const word = error.message.split(' ', 1)[0] ?? '';
  // An error that a command raised inside a script keeps its own code word.
  return word.replace(/^-/, '');
}

/** What the work answers; a client's or Redis' error as ours. */
export async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw translateRedisError(error);
  }
}
