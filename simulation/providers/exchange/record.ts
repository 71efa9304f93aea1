import type { Request } from '../http/route.ts';
import type { SimulatedClock } from './clock.ts';
import {
  type Delivery,
  type EndCause,
  type PhoneCall,
  type Push,
  REMEMBERED_PER_CALL,
  talkedMs,
} from './phone-call.ts';

/** The truth about one call, for comparing with what others made of it. Times: simulated epoch ms. */
export interface CallRecord {
  readonly ordinal: number;
  readonly providerCallId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly from: string;
  readonly to: string;
  readonly metadata: unknown;
  readonly phase: PhoneCall['phase'];
  readonly createdAtMs: number;
  /** When it was answered, if it was. */
  readonly startedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  /** What was talked, to the millisecond; of a live call, until now. */
  readonly durationMs: number;
  /** What the provider's API says it was (Twilio counts whole seconds). */
  readonly reportedDurationMs: number;
  readonly capMs: number;
  readonly endedBy: EndCause | undefined;
  /** The provider's word for it. */
  readonly reason: string | undefined;
  /** What the provider charges in the end, whether or not its API shows it yet. */
  readonly costMicros: number;
  readonly pushes: readonly Push[];
  readonly pushCount: number;
  readonly deliveries: readonly Delivery[];
  readonly deliveryCount: number;
}

/** The part of the record that every provider fills in alike. */
export function commonRecord(call: PhoneCall, nowMs: number) {
  return {
    ordinal: call.ordinal,
    providerCallId: call.id,
    direction: call.direction,
    from: call.from,
    to: call.to,
    phase: call.phase,
    createdAtMs: call.createdAtMs,
    startedAtMs: call.startedAtMs,
    endedAtMs: call.endedAtMs,
    durationMs: talkedMs(call, nowMs),
    capMs: call.capMs,
    endedBy: call.endedBy,
    pushes: [...call.pushes],
    pushCount: call.pushCount,
    deliveries: call.deliveries.map((delivery) => ({ ...delivery })),
    deliveryCount: call.deliveryCount,
  };
}

/** Notes a request about the call, with what became of it. */
export function notePush(
  call: PhoneCall,
  clock: SimulatedClock,
  { receivedWallMs }: Request,
  kind: string,
  verdict: Push['verdict'],
): void {
  call.pushCount += 1;
  if (call.pushes.length >= REMEMBERED_PER_CALL) return;
  call.pushes.push({
    kind: kind.slice(0, 64),
    receivedAtMs: clock.simulated(receivedWallMs),
    receivedWallMs,
    verdict,
  });
}
