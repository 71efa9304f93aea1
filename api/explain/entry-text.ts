/** What one ledger row did to its wallet, in a sentence. */
import { coveredMs, type Price } from '../../engine/index.ts';
import type { Call, CallLeg } from '../../kill-switch/index.ts';
import type { CallStep } from '../../persistence/index.ts';
import { amountText, secondsText } from './amount.ts';

export type LedgerEntry = Extract<CallStep, { source: 'ledger' }>['entry'];

/** What a sentence about a wallet needs beside the row itself. */
export interface Payer {
  readonly leg: CallLeg | undefined;
  readonly currency: string;
  /** What the call has set aside on this wallet after the row. */
  readonly heldMicros: number;
  readonly call: Call | undefined;
}

export function entryText(entry: LedgerEntry, payer: Payer): string {
  const { leg, currency, call } = payer;
  const amount = (micros: number) => amountText(micros, currency);
  const whose = leg === undefined ? 'a wallet' : `the wallet of the ${leg.role.replace('_', ' ')}`;
  switch (entry.kind) {
    case 'hold': {
      const first = entry.operation === 'authorize';
      const done = first ? 'Authorized' : 'The call went on';
      const more = first ? 'set aside' : 'more set aside';
      return `${done}: ${amount(entry.heldDeltaMicros)} ${more} on ${whose}${paidText(payer)}.`;
    }
    case 'capture': {
      const released = -entry.heldDeltaMicros + entry.amountMicros;
      const kept = released > 0 ? `, ${amount(released)} given back` : '';
      const talked =
        call?.duration_seconds === undefined ? '' : ` after ${call.duration_seconds} s`;
      return (
        `The call ended${talked}: ${amount(entry.amountMicros)} taken from ${whose}${kept}` +
        `${shortfallText(entry, amount)}.`
      );
    }
    case 'hold_release':
      return `The call cost nothing: ${amount(entry.heldDeltaMicros)} given back to ${whose}.`;
    case 'adjustment': {
      if (entry.amountMicros === 0) return "Better evidence confirmed the call's length.";
      const done = entry.amountMicros < 0 ? 'more taken from' : 'given back to';
      return (
        `Better evidence of the call's length came in: ${amount(entry.amountMicros)} ${done} ${whose}` +
        `${shortfallText(entry, amount)}.`
      );
    }
    default:
      return `${entry.kind.replaceAll('_', ' ')}: ${amount(entry.amountMicros)} on ${whose}.`;
  }
}

/** How long what is set aside pays for. */
function paidText({ leg, heldMicros }: Payer): string {
  if (leg === undefined) return '';
  const covered = coveredMs(priceOf(leg), heldMicros);
  return Number.isSafeInteger(covered) ? `, which pays for ${secondsText(covered)} in all` : '';
}

function shortfallText(entry: LedgerEntry, amount: (micros: number) => string): string {
  if (entry.shortfallMicros <= 0) return '';
  return `; ${amount(entry.shortfallMicros)} of it went below what the wallet may spend`;
}

/** What a leg's price is, in a sentence. */
export function priceText(leg: CallLeg, currency: string): string {
  const { price } = leg;
  const amount = (micros: number) => amountText(micros, currency);
  const parts = [
    `${amount(price.rate_micros_per_minute)} a minute`,
    price.increment === 'exact' ? 'billed by the millisecond' : `billed by ${price.increment} s`,
    ...(price.connection_fee_micros > 0
      ? [`${amount(price.connection_fee_micros)} to connect`]
      : []),
    ...(price.minimum_micros > 0 ? [`at least ${amount(price.minimum_micros)}`] : []),
  ];
  return `Price for the ${leg.role.replace('_', ' ')}: ${parts.join(', ')}.`;
}

function priceOf({ price }: CallLeg): Price {
  const [initial = 0, subsequent = 0] =
    price.increment === 'exact' ? [] : price.increment.split('/').map(Number);
  return {
    rateMicrosPerMinute: price.rate_micros_per_minute,
    initialMs: initial * 1000,
    subsequentMs: subsequent * 1000,
    connectionFeeMicros: price.connection_fee_micros,
    minimumMicros: price.minimum_micros,
  };
}
