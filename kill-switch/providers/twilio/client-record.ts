import type { CallInstance } from 'twilio/lib/rest/api/v2010/account/call.js';
import type { ProviderRecord } from '../client.ts';
import { dollarsToMicros } from '../decimal.ts';
import { ANSWERED, NOT_YET, readCallStatus } from './call-status.ts';
import { secondsToMs, twilioBindings } from './parse.ts';

/**
 * Reads a call resource; undefined when the answer was none. Twilio keeps no metadata with it, so
 * it names no call of ours.
 */
export function twilioRecord(call: CallInstance): ProviderRecord | undefined {
  // The SDK makes a call of any JSON it gets.
  if (typeof call.sid !== 'string' || typeof call.status !== 'string') return undefined;
  const common = {
    provider: 'twilio' as const,
    providerCallId: call.sid,
    ringfence: { organizationId: undefined, callId: undefined, holdId: undefined },
    bindings: twilioBindings({
      direction: call.direction,
      from: call.from,
      to: call.to,
      accountSid: call.accountSid,
    }),
    controlUrl: undefined,
    twilioCallSid: call.sid,
    numbers: numbersOf(call),
  };
  if (NOT_YET.has(call.status) || call.status === ANSWERED) {
    return {
      ...common,
      live: true,
      startedAtMs: call.status === ANSWERED ? momentOf(call.startTime) : undefined,
      endedAtMs: undefined,
      durationMs: undefined,
      outcome: undefined,
      reason: '',
      reasonKnown: true,
      costMicros: undefined,
    };
  }
  const talkMs = secondsToMs(call.duration ?? undefined);
  const read = readCallStatus(call.status, call.answeredBy ?? undefined, talkMs);
  return {
    ...common,
    live: false,
    startedAtMs: read.answered ? momentOf(call.startTime) : undefined,
    endedAtMs: momentOf(call.endTime),
    durationMs: read.answered ? talkMs : 0,
    outcome: read.outcome,
    reason: call.status,
    reasonKnown: read.known,
    costMicros: costOf(call.price, call.priceUnit),
  };
}

function numbersOf({ from, to, dateCreated }: CallInstance) {
  const createdAtMs = momentOf(dateCreated);
  return createdAtMs === undefined ? undefined : { from, to, createdAtMs };
}

/** Twilio writes what it takes as a negative number, and only once it has worked it out. */
function costOf(price: string | null, unit: string | null): number | undefined {
  if (price === null || unit?.toUpperCase() !== 'USD') return undefined;
  const micros = dollarsToMicros(price);
  return micros === undefined ? undefined : 0 - micros;
}

function momentOf(moment: Date | null): number | undefined {
  const ms = moment instanceof Date ? moment.getTime() : Number.NaN;
  return Number.isFinite(ms) ? ms : undefined;
}
