/**
 * Every type of event, what it means and what its data holds. docs/EVENTS.md is made from this, and the
 * filters of endpoints are checked against it; tests check the events themselves.
 */
import { z } from 'zod';
import { callEvents } from './catalogue/calls.ts';
import { holdEvents } from './catalogue/holds.ts';
import { paymentEvents } from './catalogue/payments.ts';
import { walletEvents } from './catalogue/wallets.ts';

export const EVENTS = {
  ...walletEvents,
  ...holdEvents,
  ...callEvents,
  ...paymentEvents,
  'webhook.test': {
    meaning: 'Asked for with `POST /v1/webhook_endpoints/{id}/test`. Nothing happened.',
    data: z.object({ endpoint_id: z.string() }),
  },
} as const;

export type EventType = keyof typeof EVENTS;

export const EVENT_TYPES = Object.keys(EVENTS) as EventType[];

/** Written only while an endpoint wants them: there is one for every movement of money. */
export const ON_DEMAND: ReadonlySet<EventType> = new Set(
  EVENT_TYPES.filter((type) => type.startsWith('hold.') || type === 'transaction.created'),
);

/** What a filter may be: a type, all of one noun (`wallet.*`), or everything. */
export const EVENT_PATTERNS: readonly string[] = [
  '*',
  ...new Set(EVENT_TYPES.map((type) => `${type.split('.')[0]}.*`)),
  ...EVENT_TYPES,
];

/** The patterns that mean a type. */
export function patternsOf(type: string): string[] {
  return ['*', `${type.split('.')[0]}.*`, type];
}
