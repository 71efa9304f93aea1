import type { PhoneCall } from './phone-call.ts';

/** The other provider's end of a call that runs over a customer's own Twilio account. */
export interface Leg {
  /** Twilio's name for it. */
  readonly sid: string;
  readonly call: Pick<PhoneCall, 'direction' | 'from' | 'to'>;
  /** Twilio was told to end it, or its limit did. */
  readonly hangUp: () => void;
}

/** What the provider tells Twilio about the call. Moments are simulated epoch ms. */
export interface CarriedLeg {
  answered(atMs: number): void;
  ended(atMs: number): void;
}

/** A Twilio simulator in the same process: hanging up there ends the call here, and the reverse. */
export interface Carrier {
  carry(leg: Leg): CarriedLeg;
}
