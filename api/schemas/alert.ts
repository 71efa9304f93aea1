import { z } from '@hono/zod-openapi';
import {
  type NewWalletAlert,
  type StoredAlert,
  WALLET_ALERTS_MAX,
} from '../../persistence/index.ts';
import { microsSchema } from './money.ts';

const MINUTES_MAX = 100_000;

const byMoney = z
  .strictObject({
    kind: z.literal('available'),
    available_micros: microsSchema.openapi({
      description: 'Raised while the available money is at or under this.',
    }),
    resolve_above_micros: microsSchema.optional().openapi({
      description:
        'Resolved when it is above this; by default a tenth above `available_micros`. The distance ' +
        'keeps a balance that wobbles from being told of again and again.',
    }),
  })
  .refine(
    (alert) => (alert.resolve_above_micros ?? alert.available_micros) >= alert.available_micros,
    { message: 'must not be under available_micros', path: ['resolve_above_micros'] },
  );

const byMinutes = z.strictObject({
  kind: z.literal('minutes'),
  minutes: z
    .int('must be an integer')
    .min(1, 'must be at least 1')
    .max(MINUTES_MAX, `must be at most ${MINUTES_MAX}`)
    .openapi({
      description:
        'Raised while what can be spent lasts for so many minutes or fewer of all calls open now.',
    }),
});

export const alertsSchema = z
  .strictObject({
    alerts: z
      .array(z.discriminatedUnion('kind', [byMoney, byMinutes]))
      .max(WALLET_ALERTS_MAX, `must be at most ${WALLET_ALERTS_MAX} alerts`),
  })
  .openapi('WalletAlerts');

const alertSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['available', 'minutes']),
    available_micros: microsSchema.optional(),
    resolve_above_micros: microsSchema.optional(),
    minutes: z.int().optional(),
    created_at: z.string(),
  })
  .openapi('WalletAlert');

export const alertListSchema = z.object({ data: z.array(alertSchema) });

export function newAlerts({ alerts }: z.infer<typeof alertsSchema>): NewWalletAlert[] {
  return alerts.map((alert) => {
    if (alert.kind === 'minutes') return { kind: 'minutes', minutes: alert.minutes };
    const availableMicros = alert.available_micros;
    const resolveAboveMicros = alert.resolve_above_micros ?? tenthAbove(availableMicros);
    return { kind: 'available', availableMicros, resolveAboveMicros };
  });
}

function tenthAbove(micros: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, micros + Math.ceil(Math.abs(micros) / 10));
}

export function alertBody(alert: StoredAlert) {
  const lines =
    alert.kind === 'minutes'
      ? { minutes: alert.minutes }
      : {
          available_micros: alert.availableMicros,
          resolve_above_micros: alert.resolveAboveMicros,
        };
  return { id: alert.id, kind: alert.kind, ...lines, created_at: alert.createdAt.toISOString() };
}
