import type { ClaimedDelivery, DeliveryOutcome } from '../persistence/index.ts';
import type { Sent } from './channel.ts';
import { nextAttemptMs } from './webhooks/schedule.ts';

/**
 * What becomes of a delivery after a try. Pure.
 * @param strikes failures before this try that count for its schedule
 * @param random from 0 to 1, spreads the next try
 */
export function outcomeOf(
  { startedAt }: Pick<ClaimedDelivery, 'startedAt'>,
  strikes: number,
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
    askedUntil: null,
    unreachable: false,
    disable: null,
  };
  if (sent.status === 'dropped') return { ...ended, state: 'dropped', error: sent.error };
  const { code: status, answer } = sent;
  if (sent.status === 'delivered') return { ...ended, state: 'delivered', status, answer };
  const { error, retryAfterMs, unreachable, gone = null, final } = sent;
  const failed = { attempts: strikes + 1, startedMs: startedAt.getTime(), nowMs, random };
  const next = final ? undefined : nextAttemptMs({ ...failed, retryAfterMs });
  return {
    at,
    status,
    error,
    answer,
    state: next === undefined ? 'failed' : 'pending',
    nextAttemptAt: new Date(next ?? nowMs),
    askedUntil: retryAfterMs > 0 ? new Date(nowMs + retryAfterMs) : null,
    unreachable,
    disable: gone,
  };
}
