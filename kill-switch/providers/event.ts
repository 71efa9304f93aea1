/**
 * What a provider's message means to Ringfence: a small closed union that holds ids, times,
 * reasons and costs only. Transcripts, messages, recordings and the provider's own credentials
 * never get past the parser, so an event can be stored and logged as it is.
 */

export type Provider = 'vapi' | 'retell' | 'twilio';

export type BindingKind = 'assistant' | 'agent' | 'phone_number' | 'account';

/** The organization and call that the metadata names, as far as it does. */
export interface RingfenceMetadata {
  readonly organizationId: string | undefined;
  readonly callId: string | undefined;
  readonly holdId: string | undefined;
}

/** How a message says which call it is about. */
export interface CallReference {
  readonly provider: Provider;
  /** Empty when the provider names no call (a gate event may come before the id is minted). */
  readonly providerCallId: string;
  readonly ringfence: RingfenceMetadata;
  /** Objects of the provider that may be bound to an organization, most specific first. */
  readonly bindings: readonly { readonly kind: BindingKind; readonly externalId: string }[];
  /** Where Vapi takes commands for the call, when the message carries it. */
  readonly controlUrl: string | undefined;
  /** The call's leg at Twilio, when the provider dials through it and says so. */
  readonly twilioCallSid?: string | undefined;
  /**
   * Whose secret signed the message: it may speak of that organization and its descendants alone.
   * Undefined for the platform's, which may name any, and for what we asked for ourselves.
   */
  readonly signedBy?: string | undefined;
}

export type Outcome = 'completed' | 'voicemail' | 'no_answer' | 'failed';

interface Message extends CallReference {
  /** The provider's own name of the message, for the timeline. */
  readonly name: string;
  /** The provider's time of the message in epoch milliseconds. */
  readonly atMs: number | undefined;
}

/** May this inbound call start? */
export interface GateEvent extends Message {
  readonly type: 'gate';
  readonly from: string;
  readonly to: string;
  /** The assistant or agent that would answer, when the provider names one. */
  readonly assistantId: string | undefined;
}

/** May a campaign call this contact? Nothing is held: the call itself is authorized when it comes. */
export interface PredialEvent extends Message {
  readonly type: 'predial';
}

/** The call was answered. */
export interface StartedEvent extends Message {
  readonly type: 'started';
  readonly startedAtMs: number | undefined;
}

/** A sign that the conversation goes on. `tools` are function calls that await an answer. */
export interface AliveEvent extends Message {
  readonly type: 'alive';
  readonly startedAtMs: number | undefined;
  readonly tools: readonly { readonly id: string; readonly name: string }[];
}

/** The call is over; a report with the exact figures follows, or never comes. */
export interface EndedEvent extends Message {
  readonly type: 'ended';
  readonly reason: string;
  /** False for a reason this release has never heard of. */
  readonly reasonKnown: boolean;
  readonly outcome: Outcome;
  /** Exact when the message carries both ends of the call, 0 when nobody answered. */
  readonly durationMs: number | undefined;
  readonly endedAtMs: number | undefined;
}

/** The call is over, with the provider's figures. */
export interface ReportEvent extends Message {
  readonly type: 'report';
  readonly reason: string;
  /** False for a reason this release has never heard of. */
  readonly reasonKnown: boolean;
  readonly outcome: Outcome;
  readonly durationMs: number | undefined;
  readonly endedAtMs: number | undefined;
  /** What the provider charges for the call, in micros of US dollars. */
  readonly costMicros: number | undefined;
}

/** Nothing to do: ringing, queued, a chat, a message this release does not know. */
export interface IgnoredEvent extends Message {
  readonly type: 'ignored';
  /** False for a message name this release has never heard of. */
  readonly known: boolean;
}

export type ProviderEvent =
  | GateEvent
  | PredialEvent
  | StartedEvent
  | AliveEvent
  | EndedEvent
  | ReportEvent
  | IgnoredEvent;

/** A message that can be applied later as well as now. A gate cannot: somebody waits for it. */
export type AppliableEvent = Exclude<ProviderEvent, GateEvent | PredialEvent>;

/** The answer of a signature check. All but `valid` are HTTP 401. */
export type Verdict = 'valid' | 'no_secret' | 'unsigned' | 'expired' | 'forged';

/** How far a signed timestamp may be from our clock, in both directions. */
export const SIGNATURE_WINDOW_MS = 5 * 60_000;
