import type { Carrier } from '../exchange/carrier.ts';
import type { Control } from '../exchange/control.ts';
import type { Dice } from '../exchange/dice.ts';
import type { Exchange, SimulatorOptions } from '../exchange/exchange.ts';
import type { EndCause, PhoneCall } from '../exchange/phone-call.ts';
import type { Message } from './message.ts';

export interface TwilioOptions extends SimulatorOptions {
  /** `AC` and 32 hexadecimal digits. */
  readonly accountSid: string;
  /** Basic authentication of requests, and the key of signatures. */
  readonly authToken: string;
  /** Further attempts to deliver a callback; Twilio's own policy could not be confirmed. */
  readonly callbackRetries?: number | undefined;
}

export interface TwilioCall extends PhoneCall {
  readonly statusCallback: string | undefined;
  /** The callback events asked for; `completed` always is. */
  readonly callbackEvents: ReadonlySet<string>;
  /** How long it may ring, ms. */
  readonly ringLimitMs: number;
  /** Of the next callback. */
  sequenceNumber: number;
  canceled: boolean;
  /** Set when another simulator's call runs over this one. */
  readonly onHangUp: (() => void) | undefined;
}

export interface TwilioControl extends Control, Carrier {
  messages(): {
    readonly sid: string;
    readonly to: string;
    readonly status: string;
    readonly segments: number;
    readonly costMicros: number;
  }[];
}

/** A running simulator of Twilio, as its parts see it. */
export interface Twilio {
  readonly exchange: Exchange<TwilioCall>;
  readonly options: TwilioOptions;
  readonly messages: Map<string, Message>;
}

export function sid(prefix: 'CA' | 'SM', dice: Dice): string {
  return prefix + dice.hex(32);
}

const NEVER_ANSWERED: Readonly<Partial<Record<EndCause, string>>> = {
  busy: 'busy',
  'no-answer': 'no-answer',
  failed: 'failed',
};

/** Twilio's word for where the call is. */
export function statusOf(call: TwilioCall): string {
  if (call.phase === 'live') return 'in-progress';
  if (call.phase !== 'ended') return call.phase;
  if (call.startedAtMs !== undefined) return 'completed';
  if (call.canceled) return 'canceled';
  return (call.endedBy && NEVER_ANSWERED[call.endedBy]) ?? 'completed';
}
