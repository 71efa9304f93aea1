import type { ClaimedDelivery, DeliveryOutcome } from '../persistence/index.ts';
import type { Sent } from './channel.ts';
import { nextAttemptMs } from './webhooks/schedule.ts';

/**
 * What becomes of a delivery after a try. Pure.
 * @param random from 0 to 1, spreads the next try
 */
export function outcomeOf(
  { attempts, startedAt }: Pick<ClaimedDelivery, 'attempts' | 'startedAt'>,
  sent: Exclude<Sent, { status: 'later' }>,
  nowMs: number,
  random: number,
): Omit<DeliveryOutcome, 'durationMs'> {
  const at = new Date(nowMs);
  const ended = {
    at,
    status: null,
    error: null,
    answer: '',
    nextAttemptAt: at,
    quietUntil: null,
    unreachable: false,
    disable: null,
  };
  if (sent.status === 'dropped') return { ...ended, state: 'dropped', error: sent.error };
  const { code: status, answer } = sent;
  if (sent.status === 'delivered') return { ...ended, state: 'delivered', status, answer };
  const { error, retryAfterMs, unreachable, gone = null, final } = sent;
  const failed = { attempts: attempts + 1, startedMs: startedAt.getTime(), nowMs, random };
  const next = final ? undefined : nextAttemptMs({ ...failed, retryAfterMs });
  return {
    at,
    status,
    error,
    answer,
    state: next === undefined ? 'failed' : 'pending',
    nextAttemptAt: new Date(next ?? nowMs),
    quietUntil: retryAfterMs > 0 ? new Date(nowMs + retryAfterMs) : null,
    unreachable,
    disable: gone,
  };
}
