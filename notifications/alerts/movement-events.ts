/** The events of single ledger entries and of holds: written only for who wants them. Pure. */
import { entryId, type JournalEntry } from '../../engine/index.ts';
import type { AlertBase, NewEvent } from '../../persistence/index.ts';
import { type EventType, patternsOf } from '../catalogue.ts';
import { event } from '../event.ts';
import { walletFields } from './wallet-fields.ts';

/** Whether somebody wants this type of this wallet's owner. */
export type IsWanted = (type: EventType, base: AlertBase) => boolean;

const HOLD_EVENTS: Readonly<Record<string, EventType>> = {
  authorize: 'hold.authorized',
  capture: 'hold.captured',
  void: 'hold.voided',
  expire: 'hold.expired',
  settle: 'hold.settled',
};

export const MOVEMENT_PATTERNS: readonly string[] = [
  ...new Set(['transaction.created', ...Object.values(HOLD_EVENTS)].flatMap(patternsOf)),
];

export function movementEvents(
  entry: JournalEntry,
  baseOf: (walletId: string) => AlertBase | undefined,
  isWanted: IsWanted,
): NewEvent[] {
  const [holdEvent] = holdEvents(entry, baseOf, isWanted);
  const transactions = entry.rows.flatMap((row, index) => {
    const base = baseOf(row.walletId);
    if (base === undefined || !isWanted('transaction.created', base)) return [];
    const memo = labelsOf(entry.memo);
    const data = {
      ...walletFields(base, row),
      entry_id: entryId(entry.mutationId, index),
      kind: row.kind,
      amount_micros: row.amountMicros,
      held_delta_micros: row.heldDeltaMicros,
      shortfall_micros: row.shortfallMicros,
      hold_id: entry.holdId === '' ? undefined : entry.holdId,
      call_id: label(memo.call_id) ?? (entry.hold?.callId || undefined),
      reference: label(memo.reference),
      description: label(memo.description),
    };
    return [
      event('transaction.created', [entry.mutationId, String(index)], {
        organizationId: base.organizationId,
        subject: base.walletId,
        occurredAtMs: entry.atMs,
        data,
      }),
    ];
  });
  return holdEvent === undefined ? transactions : [...transactions, holdEvent];
}

function holdEvents(
  entry: JournalEntry,
  baseOf: (walletId: string) => AlertBase | undefined,
  isWanted: IsWanted,
): NewEvent[] {
  const { hold, holdId, mutationId, atMs, operation } = entry;
  const type = HOLD_EVENTS[operation];
  const payer = hold?.legs[0]?.walletId;
  const base = payer === undefined ? undefined : baseOf(payer);
  if (hold === null || type === undefined || base === undefined || !isWanted(type, base)) return [];
  // The clock also starts calls that nobody reported: nothing has ended then.
  if (operation === 'expire' && hold.closedAtMs === 0) return [];
  const data = {
    hold_id: holdId,
    organization_id: hold.organizationId,
    kind: hold.kind,
    call_id: hold.callId || undefined,
    state: hold.state,
    legs: hold.legs.map((leg) => ({
      wallet_id: leg.walletId,
      role: leg.role,
      held_micros: leg.heldMicros,
      captured_micros: leg.capturedMicros,
      shortfall_micros: leg.shortfallMicros,
    })),
    duration_ms: hold.kind === 'call' && hold.closedAtMs > 0 ? hold.usedMs : undefined,
  };
  const told = {
    organizationId: hold.organizationId,
    subject: base.walletId,
    occurredAtMs: atMs,
    data,
  };
  return [event(type, [mutationId], told)];
}

const LABEL_MAX = 500;

function label(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, LABEL_MAX) : undefined;
}

/** A memo that is not a JSON object labels nothing. */
function labelsOf(memo: string): Record<string, unknown> {
  try {
    const labels: unknown = JSON.parse(memo);
    return typeof labels === 'object' && labels !== null ? { ...labels } : {};
  } catch {
    return {};
  }
}
