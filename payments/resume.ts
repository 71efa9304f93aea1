import { setTimeout as pause } from 'node:timers/promises';
import { resume } from './apply.ts';
import type { PaymentContext } from './context.ts';

/** A movement that nobody made for this long was left behind by a process that died. */
const IDLE_MS = 5_000;
const EVERY_MS = 5_000;
const BATCH = 100;

/** Makes movements that were decided and not made, until it is stopped. */
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
    for (const paymentIntent of await context.directory.payments.unfinished(idleMs, BATCH)) {
      if (stopping.signal.aborted) return;
      await resume(context, paymentIntent);
      context.log.info({ paymentIntent }, 'a payment was taken up');
    }
  }
}
