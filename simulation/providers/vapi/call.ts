import type { CarriedLeg, Carrier } from '../exchange/carrier.ts';
import type { Control } from '../exchange/control.ts';
import type { Dice } from '../exchange/dice.ts';
import type { Exchange, SimulatorOptions } from '../exchange/exchange.ts';
import type { EndCause, PhoneCall } from '../exchange/phone-call.ts';
import type { VapiAuthentication } from './authenticate.ts';
import type { Assistant, CallSettings } from './settings.ts';

export interface VapiOptions extends SimulatorOptions {
  /** The private key that API requests carry. */
  readonly apiKey: string;
  /** The public key, for control URLs with `controlAuthenticationEnabled`. */
  readonly publicKey?: string | undefined;
  readonly authentication: VapiAuthentication;
  /** The Twilio simulator that carries its calls; without one the call SIDs lead nowhere. */
  readonly carrier?: Carrier | undefined;
  /** What a control URL's `end-call` leads to: Vapi does not document it. */
  readonly endCallReason?: string | undefined;
  /** Whether a tool run by a hook may end the call by its answer: not documented either. */
  readonly toolAnswerEndsCall?: boolean | undefined;
  /** Whether `call.monitor` is in webhooks: documented for tool calls alone. */
  readonly monitorInWebhooks?: boolean | undefined;
  /** Order of `GET /call`, which Vapi does not state. */
  readonly listOrder?: 'newest' | 'oldest' | undefined;
}

export interface VapiCall extends PhoneCall {
  readonly assistantId: string | undefined;
  readonly assistant: Assistant | undefined;
  assistantOverrides: Assistant | undefined;
  readonly phoneNumberId: string;
  readonly customer: Readonly<Record<string, unknown>>;
  readonly phoneCallProviderId: string;
  readonly name: string | undefined;
  settings: CallSettings;
  /** Instead of the usual word for how it ended. */
  endedReason: string | undefined;
  forwardedTo: unknown;
  leg: CarriedLeg | undefined;
}

export interface InboundResult {
  readonly accepted: boolean;
  readonly callId: string;
  /** The provider's word for why not. */
  readonly reason: string | undefined;
}

export interface VapiControl extends Control {
  /** Somebody calls; asks the webhook and obeys it. */
  inbound(call: { from: string; to?: string }): Promise<InboundResult>;
  /** Asks the webhook, as a campaign would, and calls if the contact is eligible. */
  predial(contact: {
    campaignId: string;
    number: string;
    assistantId?: string;
    assistantOverrides?: Assistant;
  }): Promise<{ eligible: boolean; callId: string | undefined }>;
}

/** A running simulator of Vapi, as its parts see it. */
export interface Vapi {
  readonly exchange: Exchange<VapiCall>;
  readonly options: VapiOptions;
  readonly orgId: string;
  /** Own address; known once it listens. */
  url: string;
}

export function uuid(dice: Dice): string {
  const hex = dice.hex(32);
  const part = (from: number, to: number) => hex.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-7${part(13, 16)}-a${part(17, 20)}-${part(20, 32)}`;
}

const REASONS: Readonly<Record<EndCause, string>> = {
  person: 'customer-ended-call',
  assistant: 'assistant-ended-call',
  pushed: 'manually-canceled',
  cap: 'exceeded-max-duration',
  busy: 'customer-busy',
  'no-answer': 'customer-did-not-answer',
  voicemail: 'voicemail',
  failed: 'twilio-failed-to-connect-call',
  said: 'assistant-ended-call-after-message-spoken',
  transferred: 'assistant-forwarded-call',
  carrier: 'call.in-progress.twilio-completed-call',
  rejected: 'assistant-request-returned-error',
};

/** Vapi's word for how the call ended; undefined while it has not. */
export function endedReason(vapi: Vapi, call: VapiCall): string | undefined {
  if (call.endedBy === undefined) return undefined;
  if (call.endedReason !== undefined) return call.endedReason;
  if (call.endedBy === 'pushed') return vapi.options.endCallReason ?? REASONS.pushed;
  // Once it is forwarded the people end it among themselves.
  const left = call.endedBy === 'person' || call.endedBy === 'assistant';
  return left && call.forwardedTo !== undefined ? REASONS.transferred : REASONS[call.endedBy];
}
