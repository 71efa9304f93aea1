/**
 * What Ringfence asks of a provider: end a call, speak into it, look it up, list the calls, place
 * one. A client never repeats an order by itself, because that could dial twice; it says exactly what
 * became of the order, and whoever gave it decides what to do next. Only a page of a list is asked for
 * again.
 */
import type { CallReference, Outcome, Provider } from './event.ts';

/** Time limits of one request, from its first byte to the last of the answer. */
export const PUSH_TIMEOUT_MS = 3_000;
export const FETCH_TIMEOUT_MS = 5_000;
export const LIST_PAGE_TIMEOUT_MS = 10_000;
/** Providers ring their carrier before they answer; a dial that is cut short is a dial unknown. */
export const CREATE_TIMEOUT_MS = 15_000;

/** A list that is longer than this is not taken for complete. */
export const LIST_RECORDS_MAX = 200_000;

/** How a call is reached. What is known of it besides its id saves a look-up. */
export interface ProviderCall {
  readonly providerCallId: string;
  /** Where Vapi takes commands for this call. */
  readonly controlUrl?: string | undefined;
  /** The leg of the call at Twilio, when the provider dials through it. */
  readonly twilioCallSid?: string | undefined;
}

/** What became of an order to a live call. */
export type PushResult =
  /** Taken in. Only the end of the call proves that it was carried out. */
  | { readonly status: 'accepted' }
  /** The provider's own record says that the call is over. */
  | { readonly status: 'already_over' }
  /** Answered and not done. `retryable`: the same order may succeed a moment later. */
  | { readonly status: 'refused'; readonly httpStatus: number; readonly retryable: boolean }
  /** No answer: it may have been carried out all the same. */
  | { readonly status: 'unreachable' }
  /** This provider cannot do that, or not to this call; nothing was sent. */
  | { readonly status: 'unsupported'; readonly why: string };

/** A call as the provider's own books have it. No transcript, no recording, no credential. */
export interface ProviderRecord extends CallReference {
  /** Not over: it waits, rings or talks. */
  readonly live: boolean;
  /** When it was answered, epoch ms; undefined until then. */
  readonly startedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  /** Talk time of a call that is over, 0 when nobody answered; undefined when it is not told. */
  readonly durationMs: number | undefined;
  readonly outcome: Outcome | undefined;
  /** The provider's own word for the end; empty while the call lives. */
  readonly reason: string;
  /** False for a reason this release has never heard of. */
  readonly reasonKnown: boolean;
  /** What the provider charges, in micros of US dollars; undefined until it is known. */
  readonly costMicros: number | undefined;
  readonly twilioCallSid: string | undefined;
  /** What the call is known by at a provider that keeps no metadata: Twilio. */
  readonly numbers?: CallNumbers | undefined;
}

export interface CallNumbers {
  /** E.164. */
  readonly from: string;
  readonly to: string;
  /** When the provider was asked for the call, epoch ms in whole seconds. */
  readonly createdAtMs: number;
}

/** A call to place. */
export interface DialOrder {
  /** E.164. */
  readonly to: string;
  /** Who calls: a phone number id at Vapi, a number in E.164 at Retell and Twilio. */
  readonly from: string;
  /** Who talks: assistant at Vapi, agent at Retell (default: the number's), TwiML URL at Twilio. */
  readonly agent: string | undefined;
  /** The limit set on the call at the provider, in whole seconds and within its range. */
  readonly capSeconds: number;
  /** What every later message about the call carries; see `metadataFor`. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Variables for the agent's script; not used at Twilio. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

export type DialResult =
  | {
      readonly status: 'created';
      readonly providerCallId: string;
      readonly controlUrl: string | undefined;
      readonly twilioCallSid: string | undefined;
    }
  /** Certainly not placed; `httpStatus` is the provider's answer, undefined when it had no order. */
  | { readonly status: 'refused'; readonly why: string; readonly httpStatus?: number }
  /** Timeout, reset or 5xx: the call may exist. Never dial again before it was looked up. */
  | { readonly status: 'unknown'; readonly why: string };

export interface ProviderClient {
  readonly provider: Provider;
  /** Asks for the end of the call. Safe to repeat. */
  hangUp(call: ProviderCall): Promise<PushResult>;
  /**
   * Speaks to the caller (Vapi) or tells the agent what to say (Retell).
   * @param options.endAfter ask for the end after the sentence; Retell only tells its agent so.
   */
  say(
    call: ProviderCall,
    text: string,
    options?: { readonly endAfter?: boolean },
  ): Promise<PushResult>;
  /** Hands the call to a number in E.164 or a `sip:` address. Vapi only. */
  transfer(call: ProviderCall, destination: string): Promise<PushResult>;
  /** Moves the provider's own limit, in seconds from the answer. Twilio only. */
  limit(call: ProviderCall, capSeconds: number): Promise<PushResult>;
  /** @throws ProviderOutage when the provider cannot be asked: that is never `not_found`. */
  fetch(providerCallId: string): Promise<ProviderRecord | 'not_found'>;
  /**
   * Every call that lived or ended between the two moments, each once, in no order; calls that did
   * so later may be among them. Live calls that began earlier are, at Retell and Twilio; at Vapi
   * only those whose record changed in the stretch.
   * @throws ProviderOutage also half-way: what was yielded until then is not the whole.
   */
  list(since: Date, until: Date): AsyncIterable<ProviderRecord>;
  /** Places a call, at most once. Not safe to repeat. */
  create(order: DialOrder): Promise<DialResult>;
}

/** The provider cannot be asked just now, or its answer cannot be relied on. */
export class ProviderOutage extends Error {
  override readonly name = 'ProviderOutage';
  readonly provider: Provider;
  /** The status of its answer; undefined when there was none. */
  readonly httpStatus: number | undefined;

  constructor(provider: Provider, why: string, httpStatus?: number) {
    super(`${provider}: ${why}`);
    this.provider = provider;
    this.httpStatus = httpStatus;
  }
}
