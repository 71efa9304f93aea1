/** The events that changes of a wallet's levels and alerts make. Pure. */
import type { JournalEntry, JournalRow } from '../../engine/index.ts';
import type { AlertBase, NewEvent } from '../../persistence/index.ts';
import type { EventType } from '../catalogue.ts';
import { event } from '../event.ts';
import { type Change, type Evaluation, levelOf } from './evaluate.ts';
import { walletFields } from './wallet-fields.ts';

const LEVEL_EVENTS: Readonly<Record<string, readonly [EventType, EventType]>> = {
  low: ['wallet.low_balance', 'wallet.low_balance_resolved'],
  depleted: ['wallet.depleted', 'wallet.replenished'],
};

export interface Evaluated {
  entry: JournalEntry;
  row: JournalRow;
  base: AlertBase;
  before: ReadonlySet<string> | undefined;
  after: Evaluation;
  burnMicrosPerMinute: number;
}

export function alertEvents(evaluated: Evaluated): NewEvent[] {
  const { after, before } = evaluated;
  const level = levelOf(after.raised);
  const previous = levelOf(before);
  const events = after.changes.flatMap((change) => eventsOf(evaluated, change));
  if (level === previous) return events;
  const data = { ...levelData(evaluated), previous_level: previous };
  return [...events, told(evaluated, 'wallet.level_changed', '', data)];
}

function eventsOf(evaluated: Evaluated, { id, raised }: Change): NewEvent[] {
  const [up, down] = LEVEL_EVENTS[id] ?? [];
  const ofLevel = raised ? up : down;
  if (ofLevel !== undefined) return [told(evaluated, ofLevel, '', levelData(evaluated))];
  const alert = evaluated.base.alerts.find((one) => one.id === id);
  if (alert === undefined) return [];
  const type = raised ? 'wallet.alert' : 'wallet.alert_resolved';
  const lines =
    alert.kind === 'available'
      ? {
          threshold_micros: alert.availableMicros,
          resolve_above_micros: alert.resolveAboveMicros,
        }
      : { minutes: alert.minutes, burn_micros_per_minute: evaluated.burnMicrosPerMinute };
  const wallet = walletFields(evaluated.base, evaluated.row);
  return [told(evaluated, type, id, { ...wallet, alert_id: id, kind: alert.kind, ...lines })];
}

function levelData({ base, row, after }: Evaluated) {
  return {
    ...walletFields(base, row),
    level: levelOf(after.raised),
    low_balance_threshold_micros: row.wallet.lowBalanceThresholdMicros,
  };
}

function told(
  { entry, base }: Evaluated,
  type: EventType,
  which: string,
  data: Record<string, unknown>,
): NewEvent {
  return event(type, [entry.mutationId, base.walletId, which], {
    organizationId: base.organizationId,
    subject: base.walletId,
    occurredAtMs: entry.atMs,
    data,
  });
}
