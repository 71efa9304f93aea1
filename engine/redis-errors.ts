// Redis' errors are translated once, here, by the code word that starts them.

import { BugError, OutageError } from './errors.ts';

const RECOVERING = new Set(['LOADING', 'TRYAGAIN', 'CLUSTERDOWN', 'ASK', 'MOVED', 'READONLY']);
const FULL = new Set(['OOM', 'MISCONF', 'NOREPLICAS']);

export function isNoScript(error: unknown): boolean {
  return codeOf(error) === 'NOSCRIPT';
}

/** The error to throw instead of a client's or Redis' own. */
export function translateRedisError(error: unknown): Error {
  if (error instanceof OutageError || error instanceof BugError) return error;
  const code = codeOf(error);
  if (code === 'NOSCRIPT' || RECOVERING.has(code)) {
    return new OutageError('recovering', { cause: error });
  }
  if (FULL.has(code)) return new OutageError('engine_full', { cause: error });
  if (error instanceof Error && error.name === 'ReplyError') {
    return new BugError(`Redis refused a script: ${error.message}`, { cause: error });
  }
  return new OutageError('redis_unreachable', { cause: error });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return '';
  const word = error.message.split(' ', 1)[0] ?? '';
  // An error that a command raised inside a script keeps its own code word.
  return word.replace(/^-/, '');
}
