import type { Carrier } from '../exchange/carrier.ts';
import type { Twilio, TwilioCall } from './call.ts';

const DAY_MS = 86_400_000;
const TIME_LIMIT_MS = 14_400_000;

/** Takes in calls of other simulators as calls of this account, which it can end and list. */
export function carrier(twilio: Twilio): Carrier {
  const { exchange } = twilio;
  return {
    carry({ sid, call: { direction, from, to }, hangUp }) {
      const base = exchange.newCall({ direction, from, to, capMs: TIME_LIMIT_MS, id: () => sid });
      const call: TwilioCall = Object.assign(base, {
        // The other simulator decides how it goes; faults of hanging up stay this one's.
        script: { ...base.script, talkMs: DAY_MS, turnEveryMs: 0 },
        statusCallback: undefined,
        callbackEvents: new Set<string>(),
        ringLimitMs: DAY_MS,
        sequenceNumber: 0,
        canceled: false,
        onHangUp: hangUp,
      });
      exchange.calls.set(sid, call);
      exchange.line.arrive(call);
      return {
        answered: (atMs) => exchange.line.answer(call, atMs),
        ended(atMs) {
          call.canceled = call.phase === 'ringing';
          exchange.line.end(call, 'person', atMs);
        },
      };
    },
  };
}
