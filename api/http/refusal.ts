import { ERRORS, type ErrorCode } from '../../engine/index.ts';
import { Problem } from './problem.ts';

/** Any reply of the engine that is not `done`: a status word and its figures. */
export interface Refusal {
  readonly status: ErrorCode;
  readonly replayed?: boolean;
}

/** Figures that are for us alone, or said elsewhere in the answer. */
const UNSAID = new Set(['status', 'replayed', 'hold', 'entry']);

/**
 * Turns a refusal of the engine into a problem. Its figures go into `details` under their names in
 * snake case; `details` given here are added. A refusal that is remembered under an
 * Idempotency-Key says that it is a replay.
 */
export function refusalProblem(
  refusal: Refusal,
  details: Readonly<Record<string, unknown>> = {},
): Problem {
  const figures: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(refusal)) {
    if (!UNSAID.has(name)) figures[snakeCase(name)] = value;
  }
  return new Problem(refusal.status, undefined, {
    details: { ...figures, ...details, retryable: ERRORS[refusal.status].retryable },
    headers: replayHeaders(refusal.replayed === true),
  });
}

/** Marks an answer that was given before. */
export function replayHeaders(replayed: boolean): Readonly<Record<string, string>> {
  return replayed ? { 'idempotency-replayed': 'true' } : {};
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
