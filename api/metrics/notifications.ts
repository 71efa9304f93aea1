import { Counter, type Registry } from 'prom-client';

export interface NotificationMetrics {
  /** A try to reach an endpoint. */
  tried(channel: string, outcome: string): void;
  /** The ledger went on without what should have followed from a batch. */
  followerFailed(follower: string): void;
}

export function notificationMetrics(registers: Registry[]): NotificationMetrics {
  const tries = new Counter({
    name: 'ringfence_notification_tries_total',
    help: 'Tries to reach endpoints, by channel and outcome.',
    labelNames: ['channel', 'outcome'],
    registers,
  });
  const failures = new Counter({
    name: 'ringfence_follower_failures_total',
    help: 'Batches that the ledger took without what should have followed from them.',
    labelNames: ['follower'],
    registers,
  });
  return {
    tried: (channel, outcome) => tries.inc({ channel, outcome }),
    followerFailed: (follower) => failures.inc({ follower }),
  };
}
