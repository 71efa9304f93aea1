import { setTimeout as pause } from 'node:timers/promises';
import { newId } from '../../engine/index.ts';
import {
  createDispatcher,
  createEmailChannel,
  createWebhookChannel,
  type EmailChannel,
} from '../../notifications/index.ts';
import { amountText } from '../explain/amount.ts';
import type { NotificationMetrics } from '../metrics/notifications.ts';
import type { Core } from './core.ts';

/** How long events and the log of their deliveries are kept. */
const KEPT_MS = 30 * 86_400_000;
const PRUNE_EVERY_MS = 600_000;
const PRUNE_EVENTS = 5_000;

/** Brings events where they are wanted, and drops those that are old. */
export function startNotifications(
  core: Core,
  metrics: NotificationMetrics,
): { wake(): void; stop(): Promise<void> } {
  const { directory, log, secretBox } = core;
  const local = mayBeLocal(core);
  const email = emailOf(core);
  const dispatcher = createDispatcher({
    deliveries: directory.deliveries,
    channels: {
      ...(secretBox !== undefined && { webhook: createWebhookChannel(secretBox, local) }),
      ...(email !== undefined && { email: email.channel }),
    },
    log,
    owner: newId('req'),
    tried: metrics.tried,
  });
  dispatcher.start();
  const stopping = new AbortController();
  const pruning = prune();
  return {
    wake: () => dispatcher.wake(),
    async stop() {
      stopping.abort();
      await Promise.all([dispatcher.stop(), pruning]);
      email?.close();
    },
  };

  async function prune(): Promise<void> {
    while (!stopping.signal.aborted) {
      const before = new Date(Date.now() - KEPT_MS);
      const pruned = await directory.outbox.prune(before, PRUNE_EVENTS).catch((err: unknown) => {
        log.warn({ err }, 'old events were not dropped this time');
        return 0;
      });
      if (pruned === PRUNE_EVENTS) continue;
      await pause(PRUNE_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
}

function emailOf({ config, directory }: Core): EmailChannel | undefined {
  const url = config.RINGFENCE_SMTP_URL;
  if (url === undefined) return undefined;
  return createEmailChannel({
    url,
    from: config.RINGFENCE_EMAIL_FROM,
    perHour: config.RINGFENCE_EMAILS_PER_HOUR,
    amount: amountText,
    sent: (delivery, since, now) => directory.deliveries.sentSince(delivery, since, now),
    leftOut: (endpointId) => directory.deliveries.leftOut(endpointId),
    async names({ data, organizationId }) {
      const walletId = typeof data.wallet_id === 'string' ? data.wallet_id : undefined;
      const [wallet, organization] = await Promise.all([
        walletId === undefined ? undefined : directory.wallets.get(walletId),
        organizationId === null ? undefined : directory.organizations.get(organizationId),
      ]);
      return { wallet: wallet?.name || walletId, organization: organization?.name };
    },
  });
}

/** Whether webhooks may go to this machine. */
export function mayBeLocal({ config }: Pick<Core, 'config'>): boolean {
  return config.RINGFENCE_DEV || config.RINGFENCE_ALLOW_LOCAL_WEBHOOKS;
}
