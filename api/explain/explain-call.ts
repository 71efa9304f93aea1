/**
 * The story of a call: what it was to cost, what was set aside and when, every refusal, warning and
 * push, and what was taken in the end. Money comes from the ledger, decisions from the timeline, and
 * what neither has (the price, the answer) from the call itself.
 */
import type { Call } from '../../kill-switch/index.ts';
import type { CallStep } from '../../persistence/index.ts';
import { entryText, type LedgerEntry, priceText } from './entry-text.ts';
import { eventText } from './event-text.ts';

export interface Explained {
  readonly at: string;
  readonly kind: string;
  /** One English sentence. */
  readonly text: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * @param steps in the order of time
 * @param currencies by wallet
 */
export function explainCall(
  call: Call | undefined,
  steps: readonly CallStep[],
  currencies: ReadonlyMap<string, string>,
): Explained[] {
  const held = new Map<string, number>();
  const [payer] = call?.legs ?? [];
  const currency = currencies.get(payer?.wallet_id ?? '') ?? '';
  const told = steps.map((step): Explained => {
    const at = step.at.toISOString();
    if (step.source === 'ledger')
      return { at, ...explainEntry(step.entry, call, currencies, held) };
    const { kind, details } = step.event;
    const named = currencies.get(String(details.wallet_id)) ?? currency;
    return { at, kind, text: eventText(kind, details, named), details };
  });
  if (call === undefined) return told;
  const own = [...beforeTheRest(call, currencies), ...told, ...afterTheRest(call, told)];
  return own.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** What the call itself says, and what at one moment comes before anything else. */
function beforeTheRest(call: Call, currencies: ReadonlyMap<string, string>): Explained[] {
  const prices = call.legs.map((leg) => ({
    at: call.created_at,
    kind: 'price',
    text: priceText(leg, currencies.get(leg.wallet_id) ?? ''),
    details: { wallet_id: leg.wallet_id, role: leg.role, ...leg.price },
  }));
  const { started_at: at } = call;
  if (at === undefined) return prices;
  const guessed = call.estimated ? ' This is an estimate.' : '';
  const text = `The call was answered.${guessed}`;
  return [...prices, { at, kind: 'answered', text, details: {} }];
}

/** Whoever ended the call may have been gone before it could say that the end is proven. */
function afterTheRest(call: Call, told: readonly Explained[]): Explained[] {
  const { cutoff, ended_at: at } = call;
  const said = told.some(({ kind }) => kind === 'cutoff_confirmed');
  if (said || at === undefined || cutoff.state !== 'confirmed') return [];
  return [{ at, kind: 'cutoff_confirmed', text: 'The end is proven.', details: {} }];
}

function explainEntry(
  entry: LedgerEntry,
  call: Call | undefined,
  currencies: ReadonlyMap<string, string>,
  held: Map<string, number>,
): Omit<Explained, 'at'> {
  const heldMicros = (held.get(entry.walletId) ?? 0) + entry.heldDeltaMicros;
  held.set(entry.walletId, heldMicros);
  const leg = call?.legs.find(({ wallet_id: id }) => id === entry.walletId);
  const currency = currencies.get(entry.walletId) ?? '';
  return {
    kind: entry.kind,
    text: entryText(entry, { leg, currency, heldMicros, call }),
    details: {
      entry_id: entry.id,
      wallet_id: entry.walletId,
      operation: entry.operation,
      amount_micros: entry.amountMicros,
      held_delta_micros: entry.heldDeltaMicros,
      posted_after_micros: entry.postedAfterMicros,
      held_after_micros: entry.heldAfterMicros,
      shortfall_micros: entry.shortfallMicros,
      ...entry.details,
    },
  };
}
