/**
 * What the enforcer asks providers: about calls whose ringing ran out, that give no sign of life, or
 * whose clock is an estimate. Asking is slow, so no other call waits for it.
 */
import { OutageError } from '../../engine/index.ts';
import type { Asking } from '../asking/asking.ts';
import type { Log } from '../doors.ts';
import { createPool } from './pool.ts';

/** A call that nobody could tell about, or that rings on, is asked about again this much later. */
const ASK_AGAIN_MS = 15_000;
/** Each provider bounds its own; this bounds what waits for all of them. */
const QUESTIONS_MAX = 256;
const REMEMBERED_MAX = 100_000;

export interface Questions {
  /** Asks about a call, unless that is under way or was done a moment ago. */
  about(partition: number, holdId: string, nowMs: number): void;
  /** Settles when no question is under way. */
  idle(): Promise<void>;
}

/**
 * @param expire judges the call by the clock, when nobody can tell: a provider call lives on, also one
 *   whose provider became known after it was authorized.
 */
export function createQuestions(
  asking: Asking | undefined,
  expire: (partition: number, holdId: string, hasProvider: boolean) => Promise<void>,
  log: Log,
): Questions {
  const pool = createPool(QUESTIONS_MAX);
  const notBeforeMs = new Map<string, number>();

  async function ask(partition: number, holdId: string): Promise<void> {
    try {
      const asked = await asking?.ask(partition, holdId);
      if (asked?.status === 'cannot_ask') {
        await expire(partition, holdId, asked.provider !== undefined);
      } else if (asked === undefined || asked.status === 'no_provider') {
        await expire(partition, holdId, false);
      }
    } catch (error) {
      const fields = { err: error, partition, hold_id: holdId };
      if (error instanceof OutageError) log.warn(fields, 'a question must wait for the engine');
      else log.error(fields, 'a call could not be asked about');
    }
  }

  return {
    about(partition, holdId, nowMs) {
      if (nowMs < (notBeforeMs.get(holdId) ?? 0)) return;
      if (notBeforeMs.size >= REMEMBERED_MAX) notBeforeMs.clear();
      notBeforeMs.set(holdId, Number.POSITIVE_INFINITY);
      pool.run(async () => {
        await ask(partition, holdId);
        notBeforeMs.set(holdId, nowMs + ASK_AGAIN_MS);
      });
    },
    idle: () => pool.idle(),
  };
}
