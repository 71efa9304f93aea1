import type { ProviderRecord } from '../client.ts';
import { centsToMicros } from '../decimal.ts';
import { at, momentAt, textAt } from '../json.ts';
import { readDisconnectionReason } from './disconnection-reason.ts';
import { reference } from './parse.ts';

const OVER = new Set(['ended', 'not_connected', 'error']);

/** Reads a call object of the API; undefined when it is none. */
export function retellRecord(call: unknown): ProviderRecord | undefined {
  if (textAt(call, 'call_id') === undefined) return undefined;
  const status = textAt(call, 'call_status') ?? '';
  const reason = textAt(call, 'disconnection_reason') ?? '';
  const endedAtMs = momentAt(call, 'end_timestamp');
  const live = !OVER.has(status) && endedAtMs === undefined && reason === '';
  const startedAtMs = momentAt(call, 'start_timestamp');
  const common = {
    ...reference(call),
    live,
    twilioCallSid: textAt(call, 'telephony_identifier', 'twilio_call_sid'),
  };
  if (live) {
    return {
      ...common,
      startedAtMs: status === 'ongoing' ? startedAtMs : undefined,
      endedAtMs: undefined,
      durationMs: undefined,
      outcome: undefined,
      reason: '',
      reasonKnown: true,
      costMicros: undefined,
    };
  }
  const elapsedMs = statedMs(call) ?? between(startedAtMs, endedAtMs);
  const { outcome, answered, known } = readDisconnectionReason(reason, elapsedMs);
  // The status decides where the reason does not: a call that never connected was not answered.
  const talked = answered && status !== 'not_connected';
  return {
    ...common,
    startedAtMs: talked ? startedAtMs : undefined,
    endedAtMs,
    durationMs: talked ? elapsedMs : 0,
    outcome,
    reason,
    reasonKnown: known,
    costMicros: centsToMicros(at(call, 'call_cost', 'combined_cost')),
  };
}

function statedMs(call: unknown): number | undefined {
  const durationMs = at(call, 'duration_ms');
  return typeof durationMs === 'number' && durationMs >= 0 ? Math.round(durationMs) : undefined;
}

function between(startedAtMs: number | undefined, endedAtMs: number | undefined) {
  if (startedAtMs === undefined || endedAtMs === undefined) return undefined;
  return Math.max(0, endedAtMs - startedAtMs);
}
