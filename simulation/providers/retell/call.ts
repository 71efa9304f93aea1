import type { CarriedLeg, Carrier } from '../exchange/carrier.ts';
import type { Control } from '../exchange/control.ts';
import type { Exchange, SimulatorOptions } from '../exchange/exchange.ts';
import type { EndCause, PhoneCall } from '../exchange/phone-call.ts';
import type { AgentSettings } from './settings.ts';

export interface RetellOptions extends SimulatorOptions {
  /** Authorizes API requests and signs webhooks. */
  readonly apiKey: string;
  /** The Twilio simulator that carries its calls; without one the call SIDs lead nowhere. */
  readonly carrier?: Carrier | undefined;
  /** Where custom functions are posted; by default where webhooks are. */
  readonly functionUrl?: string | undefined;
  /** The agent bound to our number for inbound calls. Without one a dead webhook ends the call. */
  readonly inboundAgentId?: string | undefined;
  /** Whether `call_ended` has a cost already; what comes later is never in it. */
  readonly costAtEnd?: 'partial' | 'absent' | undefined;
  /** Whether the agent hangs up when a custom function answers `{"endCall": true}`. */
  readonly functionAnswerEndsCall?: boolean | undefined;
}

export interface RetellCall extends PhoneCall {
  readonly agentId: string;
  readonly agentVersion: number;
  metadata: Readonly<Record<string, unknown>> | undefined;
  readonly dynamicVariables: Readonly<Record<string, string>> | undefined;
  readonly settings: AgentSettings;
  readonly twilioCallSid: string;
  transferBridgedAtMs: number | undefined;
  transferEndedAtMs: number | undefined;
  leg: CarriedLeg | undefined;
}

export interface RetellControl extends Control {
  /** Somebody calls; asks the inbound webhook and obeys it. A refused call leaves no record. */
  inbound(call: {
    from: string;
    to?: string;
  }): Promise<{ accepted: boolean; callId: string | undefined }>;
}

/** A running simulator of Retell, as its parts see it. */
export interface Retell {
  readonly exchange: Exchange<RetellCall>;
  readonly options: RetellOptions;
}

const REASONS: Readonly<Record<EndCause, string>> = {
  person: 'user_hangup',
  assistant: 'agent_hangup',
  // That stop-call yields this value is known by its name alone.
  pushed: 'manual_stopped',
  cap: 'max_duration_reached',
  busy: 'dial_busy',
  'no-answer': 'dial_no_answer',
  voicemail: 'voicemail_reached',
  failed: 'dial_failed',
  said: 'agent_hangup',
  transferred: 'call_transfer',
  // The telephony side is gone: to Retell it looks as if the person had hung up.
  carrier: 'user_hangup',
  rejected: 'error_unknown',
};

/** Retell's word for how the call ended; undefined while it has not. */
export function disconnectionReason(call: RetellCall): string | undefined {
  return call.endedBy === undefined ? undefined : REASONS[call.endedBy];
}

/** Retell's word for where the call is: ringing is still `registered`. */
export function statusOf(call: RetellCall): string {
  if (call.phase === 'live') return 'ongoing';
  if (call.phase !== 'ended') return 'registered';
  return call.startedAtMs === undefined ? 'not_connected' : 'ended';
}
