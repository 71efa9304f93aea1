import { setTimeout as pause } from 'node:timers/promises';
import { EVENT_TYPES, type EventType, event } from '../../notifications/index.ts';
import type { PaymentEvent } from '../../payments/index.ts';
import type { NewEvent } from '../../persistence/index.ts';
import type { Core } from './core.ts';

const TRIES_MAX = 5;
const TRY_AGAIN_MS = 1_000;

/** Tells of money by card in the outbox. After the fact: a process that dies in between tells nothing. */
export function createAnnounce({ directory, log }: Pick<Core, 'directory' | 'log'>) {
  return (announced: PaymentEvent): void => void tell(announced);

  /** Never rejects. */
  async function tell(announced: PaymentEvent): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        const made = await eventOf(announced);
        if (made !== undefined) await directory.outbox.append([made]);
        return;
      } catch (err) {
        if (tries === TRIES_MAX) {
          log.error({ err, ...announced }, 'an event of a payment was not written');
          return;
        }
        await pause(TRY_AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  async function eventOf(announced: PaymentEvent): Promise<NewEvent | undefined> {
    const topUp =
      announced.topUpId === undefined ? undefined : await directory.topUps.get(announced.topUpId);
    const occurredAtMs = Date.now();
    if (announced.type === 'top_up.refused') {
      const { paymentIntent, reason, topUpId } = announced;
      return event('payment.refused', [paymentIntent, reason], {
        // Whose it is is in doubt: only the platform is told.
        organizationId: null,
        subject: paymentIntent,
        occurredAtMs,
        data: { payment_intent: paymentIntent, top_up_id: topUpId, reason },
      });
    }
    const type = EVENT_TYPES.find(
      (known): known is EventType => known === `top_up.${announced.state}`,
    );
    if (topUp === undefined || type === undefined) return undefined;
    return event(type, [topUp.id, announced.state], {
      organizationId: topUp.organizationId,
      subject: topUp.walletId,
      occurredAtMs,
      data: {
        top_up_id: topUp.id,
        organization_id: topUp.organizationId,
        wallet_id: topUp.walletId,
        state: announced.state,
        credit_micros: topUp.creditMicros,
        bonus_micros: topUp.bonusMicros,
        charge_minor: topUp.chargeMinor,
        charge_currency: topUp.chargeCurrency,
        receipt_url: topUp.receiptUrl ?? undefined,
        failure_code: topUp.failureCode ?? undefined,
      },
    });
  }
}
