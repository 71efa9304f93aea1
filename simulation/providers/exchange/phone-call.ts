import type { Dice } from './dice.ts';
import type { CallScript } from './script.ts';
import type { Timer } from './timer-heap.ts';

/** Why a call ended, in our words; each provider has its own for the same. */
export type EndCause =
  | 'person'
  | 'assistant'
  /** Somebody used the API or the control URL. */
  | 'pushed'
  /** The longest duration the call was given. */
  | 'cap'
  | 'busy'
  | 'no-answer'
  | 'voicemail'
  | 'failed'
  /** The last sentence had been said, after which the call was to end. */
  | 'said'
  | 'transferred'
  /** The Twilio account it ran over ended its leg. */
  | 'carrier'
  /** The inbound gate, or nobody behind it, turned the caller away. */
  | 'rejected';

/** A request that reached the provider about a call after it was made. */
export interface Push {
  /** `end-call`, `say`, `stop-call`, `completed`, ...: the provider's own word. */
  readonly kind: string;
  /** Simulated epoch ms of its arrival. */
  readonly receivedAtMs: number;
  /** The same in real epoch ms, for comparing with clocks outside. */
  readonly receivedWallMs: number;
  /**
   * `refused`: answered as a failure, or not at all, without effect. `ignored`: answered as if obeyed.
   * `too_late`: the call had ended.
   */
  readonly verdict: 'obeyed' | 'refused' | 'ignored' | 'too_late' | 'invalid';
}

/** One event on its way to the webhook. */
export interface Delivery {
  readonly event: string;
  readonly atMs: number;
  attempts: number;
  /** `lost`: by an injected fault. `failed`: every attempt was refused or unanswered. */
  outcome: 'pending' | 'delivered' | 'failed' | 'lost';
  status: number | undefined;
}

/** The part of a call that is the same at every provider. Times are simulated epoch ms. */
export interface PhoneCall {
  /** Counts the server's calls from 1. */
  readonly ordinal: number;
  /** The person's number and how often it was used: what random draws of this call depend on. */
  readonly key: string;
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly from: string;
  readonly to: string;
  readonly script: CallScript;
  /** Draws the pauses of the conversation. */
  readonly dice: Dice;
  /** How often each kind of fault was drawn. */
  readonly draws: Map<string, number>;
  readonly createdAtMs: number;
  phase: 'queued' | 'ringing' | 'live' | 'ended';
  updatedAtMs: number;
  startedAtMs: number | undefined;
  endedAtMs: number | undefined;
  endedBy: EndCause | undefined;
  /** Longest duration from the answer on. */
  capMs: number;
  /** Requests to end it that were received while it was not over. */
  hangUpsReceived: number;
  readonly timers: Set<Timer>;
  capTimer: Timer | undefined;
  readonly pushes: Push[];
  readonly deliveries: Delivery[];
  /** How many pushes and deliveries there were in all; the lists above are bounded. */
  pushCount: number;
  deliveryCount: number;
}

/** Pushes, and deliveries, of one call that are remembered one by one. */
export const REMEMBERED_PER_CALL = 256;

/** How long it has been talked, whole ms; 0 when nobody answered. */
export function talkedMs(call: PhoneCall, nowMs: number): number {
  if (call.startedAtMs === undefined) return 0;
  return Math.max(0, (call.endedAtMs ?? nowMs) - call.startedAtMs);
}
