/**
 * Makes movements that were decided and not made, because a process died or the ledger was away. A
 * payment that cannot be taken up now is put off, longer each time, so that it holds up no other.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { resume } from './apply.ts';
import type { PaymentContext } from './context.ts';

/** A movement that nobody made for this long was left behind by a process that died. */
const IDLE_MS = 5_000;
const EVERY_MS = 5_000;
const BATCH = 100;
/** Each may wait for the ledger in vain. */
const AT_ONCE = 4;

/** Works until it is stopped. */
export function startPaymentResume(
  context: PaymentContext,
  idleMs = IDLE_MS,
  everyMs = EVERY_MS,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = loop();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      await round().catch((err: unknown) => context.log.warn({ err }, 'payments were not resumed'));
      await pause(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  async function round(): Promise<void> {
    const left = await context.directory.payments.claimUnfinished(idleMs, BATCH);
    const worker = async () => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) {
        if (stopping.signal.aborted) return;
        await takeUp(one);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async function takeUp(paymentIntent: string): Promise<void> {
    try {
      await resume(context, paymentIntent);
      context.log.info({ paymentIntent }, 'a payment was taken up');
    } catch (err) {
      context.log.error({ err, paymentIntent }, 'a payment could not be taken up');
    }
  }
}
